"""The files of the drop-in environment, of which start_server.sh is run with programs that stand in for others."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dragoman import __version__
from dragoman.platforms import resolve
from dragoman.platforms.datarobot.image import VARIABLES, dockerfile, files
from dragoman.settings.catalogue import vllm_flags

DOCKERFILE = dockerfile()
ECHO = '#!/bin/sh\necho "$GPU_COUNT" "$@"\n'
TWO_GPUS = "#!/bin/sh\necho 'GPU 0: one'\necho 'GPU 1: another'\n"
NO_DRIVER = "#!/bin/sh\nexit 9\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in files().items():
        (tmp_path / name).write_text(text)
    return tmp_path


def program(directory: Path, name: str, text: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)
    (directory / name).chmod(0o755)


def test_the_files() -> None:
    assert list(files()) == ["Dockerfile", "start_server.sh", "env_info.json", "README.md"]


def test_the_image_has_the_variables_of_the_vllm_environment() -> None:
    assert dict(re.findall(r"^(?:ENV|   ) (\w+)=([^\s$]+)(?: \\)?$", DOCKERFILE, re.MULTILINE)) == VARIABLES


def test_the_image_holds_what_is_in_the_folder() -> None:
    assert set(re.findall(r"^COPY (\S+) \./$", DOCKERFILE, re.MULTILINE)) <= files().keys()
    assert re.search(r'^ENTRYPOINT \["/opt/code/start_server.sh"\]$', DOCKERFILE, re.MULTILINE)


def test_any_user_of_group_0_may_write() -> None:
    assert re.search(r"^USER 1000:0$", DOCKERFILE, re.MULTILINE)
    (writable,) = re.findall(r"chmod -R g=u (.*)$", DOCKERFILE, re.MULTILINE)
    assert set(writable.replace('"', "").split()) == {"$CODE_DIR", "$HOME", "$VIRTUAL_ENV"}


def test_the_worker_has_nothing_to_say_about_the_images_variables(tmp_path: Path) -> None:
    resolution = resolve(
        ["--platform", "datarobot", "--model", "org/model"],
        {**VARIABLES, "CODE_DIR": str(tmp_path), "TARGET_NAME": "text", "GPU_COUNT": "0"},
    )
    assert (resolution.warnings, resolution.errors) == ((), ())


@pytest.mark.parametrize(("gpus", "count"), [(TWO_GPUS, "2"), (NO_DRIVER, "0"), ("", "0")])
def test_the_start_counts_gpus_and_passes_arguments_on(folder: Path, gpus: str, count: str) -> None:
    program(folder / "bin", "dragoman", ECHO)
    if gpus:
        program(folder / "bin", "nvidia-smi", gpus)
    # Nothing else: this machine may have an nvidia-smi of its own.
    (folder / "bin" / "wc").symlink_to(shutil.which("wc") or "wc")
    done = subprocess.run(
        ["/bin/sh", folder / "start_server.sh", "--seed", "a b"],
        capture_output=True,
        text=True,
        env={"PATH": str(folder / "bin")},
        check=True,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == (f"{count} serve --platform datarobot --seed a b\n", "")


def test_the_environment_names_what_is_in_it() -> None:
    info = json.loads(files()["env_info.json"])
    assert (info["programmingLanguage"], info["useCases"]) == ("python", ["customModel"])
    for version in (__version__, vllm_flags()["vllm"]):
        assert version in info["environmentVersionDescription"]
        assert version in files()["README.md"]

"""`dragoman bake` as a user runs it: in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from dragoman.models import MINI
from tests.hub import NAME, Hub, serving
from tests.processes import end_family, wait_until

SOURCES = Path(__file__).parent.parent.parent / "src"
WEIGHTS = "model.safetensors"
# The file that an image has for its worker and the secret of a build are elsewhere, and what comes is written often.
PROGRAM = """
import sys
from pathlib import Path
from huggingface_hub import constants
from dragoman.baking import tokens
from dragoman.cli import main
from dragoman.platforms.runpod.configuration import baked

constants.DOWNLOAD_CHUNK_SIZE = 50_000
place = Path(sys.argv.pop(1))
baked.ARGUMENTS = place / "local_model_args.json"
tokens.SECRET = place / "HF_TOKEN"
main()
"""


def start(directory: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(directory), "bake", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(directory, variables),
    )


def environment(directory: Path, variables: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), "HOME": str(directory), **variables}


def coming(models: Path) -> int:
    """How many bytes there are of files that are on their way."""
    count = 0
    for path in models.rglob("*.incomplete"):
        with suppress(FileNotFoundError):
            count += path.stat().st_size
    return count


def run(directory: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    """The exit code, and what is said."""
    with start(directory, *arguments, **variables) as process:
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


def test_help(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "--help")
    assert (code, err) == (0, "")
    assert out.startswith("usage: dragoman bake [MODEL] [OPTIONS]")
    assert "exit codes:" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["org/m", "--too", "x"], "unrecognized arguments: --too x"),
        (["org/m", "--to", ""], "--to is empty"),
        (["", "--to", "x"], "MODEL is empty"),
        (["/nowhere"], "model '/nowhere' (command line) does not exist"),
        (["org/m", "-q", "squeezellm"], "quantization"),
        (["org/m", "--to", "/proc/models"], "/proc/models cannot be written: "),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, arguments: list[str], told: str) -> None:
    code, out, err = run(tmp_path, *arguments)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("dragoman: error: ")
    assert told in line


def test_a_dockerfile_that_names_no_model(tmp_path: Path) -> None:
    names = ("MODEL_NAME", "MODEL_REVISION", "TOKENIZER_NAME", "TOKENIZER_REVISION", "QUANTIZATION")
    code, out, err = run(tmp_path, **dict.fromkeys(names, ""), BASE_PATH="/runpod-volume")
    assert (code, out, err) == (0, "nothing to bake: MODEL_NAME is not set, and no model is named\n", "")


def test_a_dockerfile_with_a_secret(tmp_path: Path) -> None:
    hub = Hub(Path(MINI), token="hf_secret")
    hub.gated = True
    (tmp_path / "HF_TOKEN").write_text("hf_secret\n")
    with serving(hub) as url:
        code, out, err = run(tmp_path, MODEL_NAME=NAME, BASE_PATH=str(tmp_path / "models"), HF_ENDPOINT=url)
    assert code == 0
    assert f"baked model {NAME}: 7 files, 6.1 MB" in out
    assert err.splitlines() == [
        f"downloading {NAME}, 7 files: 0.0 of 6.1 MB (0 %)",
        f"downloading {NAME}, 7 files: 6.1 of 6.1 MB (100 %)",
    ]
    assert "hf_secret" not in out + err


@pytest.mark.parametrize(
    ("name", "told"),
    [(NAME, "is gated: ask for access at"), ("org/other", "is neither a directory here nor a model on")],
)
def test_what_the_hub_refuses(tmp_path: Path, name: str, told: str) -> None:
    hub = Hub(Path(MINI), token="hf_secret")
    hub.gated = True
    with serving(hub) as url:
        code, out, err = run(tmp_path, name, "--to", str(tmp_path / "models"), HF_ENDPOINT=url, HF_TOKEN="hf_wrong")
    assert (code, out) == (3, "")
    (line,) = err.splitlines()
    assert told in line
    assert "hf_wrong" not in line


def test_a_bake_that_was_killed_is_gone_on_with(tmp_path: Path) -> None:
    hub = Hub(Path(MINI))
    hub.stalls[WEIGHTS] = 3_000_000
    models = tmp_path / "models"

    with serving(hub) as url:
        with start(tmp_path, NAME, "--to", str(models), HF_ENDPOINT=url) as killed:
            wait_until(lambda: coming(models) == 3_000_000)
            wait_until(lambda: len([*models.rglob("snapshots/*/*")]) == 6)
            end_family(killed.pid)
        assert not (models / "dragoman-bake.json").exists()
        hub.asked.clear()
        code, _, _ = run(tmp_path, NAME, "--to", str(models), HF_ENDPOINT=url)
    assert code == 0
    assert hub.ranges == [f"{WEIGHTS} bytes=3000000-"]
    assert [asked for asked in hub.asked if asked.startswith("GET") and "/resolve/" in asked] == [
        next(asked for asked in hub.asked if asked.startswith("GET") and asked.endswith(WEIGHTS))
    ]
    assert coming(models) == 0
    assert run(tmp_path, NAME, "--to", str(models), "--check")[0] == 0
    (baked,) = models.rglob(f"snapshots/*/{WEIGHTS}")
    assert baked.read_bytes() == hub.files[WEIGHTS]


def test_ctrl_c_ends_it_whatever_it_waits_for(tmp_path: Path) -> None:
    hub = Hub(Path(MINI))
    hub.stalls[WEIGHTS] = 3_000_000
    models = tmp_path / "models"
    with serving(hub) as url, start(tmp_path, NAME, "--to", str(models), HF_ENDPOINT=url) as process:
        wait_until(lambda: coming(models) == 3_000_000)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1].endswith("interrupted: what has come is kept, and the same command goes on with it")


def test_two_bakes_into_one_directory_take_turns(tmp_path: Path) -> None:
    hub = Hub(Path(MINI))
    hub.stalls[WEIGHTS] = 3_000_000
    flags = (NAME, "--to", str(tmp_path / "models"))
    with serving(hub) as url, start(tmp_path, *flags, HF_ENDPOINT=url) as first:
        wait_until(lambda: any(asked.startswith("GET") and asked.endswith(WEIGHTS) for asked in hub.asked))
        with start(tmp_path, *flags, HF_ENDPOINT=url) as second:
            assert second.stderr is not None
            assert second.stderr.readline() == f"waiting for another bake into {tmp_path / 'models'}\n"
            hub.may_go_on.set()
            codes = [process.wait(60) for process in (first, second)]
            for process in (first, second):
                process.communicate()
    assert codes == [0, 0]
    assert len([asked for asked in hub.asked if asked.startswith("GET") and asked.endswith(WEIGHTS)]) == 1

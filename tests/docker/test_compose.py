import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from dragoman.cli.gateway import _parse
from dragoman.forms.image import IMAGE
from dragoman.gateway.auth import Keys
from dragoman.gateway.environment import Environment
from dragoman.platforms import resolve
from tests.docker.dockerfile import ROOT, arguments, within

COMPOSE, GPU = (ROOT / "docker" / name for name in ("compose.yaml", "compose.gpu.yaml"))
VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})")
Composed: TypeAlias = Any

SHELL = {"DRAGOMAN_API_KEY": "key"}


def composed(file: Path, shell: Mapping[str, str] = SHELL) -> Composed:
    """The file with the shell's variables put in, as compose does."""

    def value(match: re.Match[str]) -> str:
        dollar, name, kind, rest = match.groups()
        if dollar:
            return "$"
        if kind == "?" and not shell.get(name):
            raise LookupError(rest)
        return shell.get(name) or (rest or "" if kind == "-" else "")

    return yaml.safe_load(VARIABLE.sub(value, file.read_text()))


def service(name: str) -> Composed:
    return composed(COMPOSE)["services"][name]


def test_it_wants_a_key() -> None:
    with pytest.raises(LookupError, match="choose a key"):
        composed(COMPOSE, {})


def test_the_workers_command_is_one_that_the_worker_understands() -> None:
    command, *arguments = service("worker")["command"]
    environment = {name: value for name, value in service("worker")["environment"].items() if value}
    resolution = resolve([*arguments, "--gpus", "0"], environment)
    assert command == "serve"
    assert (resolution.platform, resolution.errors, resolution.warnings) == ("runpod", (), ())
    assert resolution.value("model") == "Qwen/Qwen3-0.6B"


def test_the_gateways_command_is_one_that_the_gateway_understands() -> None:
    command, *arguments = service("gateway")["command"]
    assert command == "gateway"
    assert _parse(arguments) == {"host": "0.0.0.0"}


def test_workers_find_the_gateway_as_it_tells_them_to() -> None:
    told = Environment("http://gateway:8080", "local", Keys(("key",))).worker("any")
    del told["RUNPOD_POD_ID"]
    assert told.items() <= service("worker")["environment"].items()


def test_each_container_is_a_worker_of_its_own() -> None:
    assert service("worker")["entrypoint"] == [*("sh", "-c", 'RUNPOD_POD_ID=$HOSTNAME exec dragoman "$@"', "dragoman")]


@pytest.mark.parametrize("name", ["gateway", "worker"])
def test_its_health_check_is_the_images(name: str) -> None:
    (check,) = within("worker", "HEALTHCHECK")
    (_, command) = service(name)["healthcheck"]["test"]
    assert f'CMD ["{command}"]' in check.text


@pytest.mark.parametrize("name", ["gateway", "worker"])
def test_nobody_is_root_and_nothing_is_written_but_volumes(name: str) -> None:
    described = service(name)
    assert described["user"] == "1000:0"
    assert described["read_only"]
    assert described["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", ["gateway", "worker"])
def test_volumes_lie_where_the_image_has_a_folder_for_any_user(name: str) -> None:
    made = " ".join(each.command for each in within("worker", "RUN")).replace("$HOME", "/home/dragoman")
    for volume in service(name)["volumes"]:
        called, place = volume.split(":")
        assert called in composed(COMPOSE)["volumes"]
        assert f'"{place}"' in made


def test_images_and_builds_are_those_of_the_bake_file() -> None:
    for file, image, variant in ((COMPOSE, f"{IMAGE}-cpu", "cpu"), (GPU, IMAGE, "cuda")):
        services = composed(file)["services"]
        assert {described["image"] for described in services.values()} == {image}
        assert services["gateway"]["build"]["args"] == {"VARIANT": variant}
    build = service("gateway")["build"]
    assert (COMPOSE.parent / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    assert build["args"].keys() <= arguments("").keys()


def test_the_gpu_file_changes_services_that_exist() -> None:
    assert composed(GPU)["services"].keys() <= composed(COMPOSE)["services"].keys()

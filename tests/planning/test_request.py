from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.planning.request import request, resolved
from tests.planning.configs import LLAMA_3_8B
from tests.planning.models import billions, write_model, write_weights


def test_what_only_plan_has_is_taken_out() -> None:
    asked = request(["org/name", "--gpu-kind", "H100", "-tp", "2", "--json", "--gpus", "4"])
    assert asked.arguments == ("org/name", "-tp", "2", "--gpus", "4")
    assert (asked.kind, asked.size, asked.as_json) == ("H100", None, True)


@pytest.mark.parametrize(
    ("arguments", "variables", "gpus"),
    [
        (["--gpu-kind=L4"], {}, 1),
        (["--gpu-memory", "24G", "--gpus=2"], {}, 2),
        (["--gpu-kind", "L4"], {"DRAGOMAN_GPUS": "4"}, 4),
        ([], {}, None),
    ],
)
def test_one_gpu_is_meant_where_only_its_kind_is_said(
    arguments: list[str], variables: Mapping[str, str], gpus: int | None
) -> None:
    assert resolved(request(arguments), {"HOME": "/nowhere", **variables}).value("gpus") == gpus


@pytest.mark.parametrize("said", ["abc", "-1", "1.5"])
@pytest.mark.parametrize("named", [["--gpu-kind", "L4"], ["--gpu-memory", "24G"]])
def test_a_number_of_gpus_that_is_none_is_an_error(named: list[str], said: str) -> None:
    by_flag = resolved(request([*named, f"--gpus={said}"]), {"HOME": "/nowhere"})
    by_variable = resolved(request(named), {"HOME": "/nowhere", "DRAGOMAN_GPUS": said})
    assert [error.partition(":")[0] for error in (*by_flag.errors, *by_variable.errors)] == ["gpus", "gpus"]


@pytest.mark.parametrize(
    "arguments", [["--gpu-kind"], ["--gpu-kind="], ["--gpu-memory", "--json"], ["--gpu-kind", "-tp"]]
)
def test_an_option_without_a_value(arguments: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="has no value"):
        request(arguments)


def test_a_kind_and_a_size_are_one_too_many() -> None:
    with pytest.raises(ConfigurationError, match="choose one"):
        request(["--gpu-kind", "H100", "--gpu-memory", "80G"])


@pytest.mark.parametrize("form", [["{}"], ["--model", "{}"], ["--model={}"]])
def test_a_file_of_a_model_stands_for_the_model(tmp_path: Path, form: list[str]) -> None:
    write_model(tmp_path, LLAMA_3_8B, billions(1))
    asked = request([each.format(tmp_path / "model.safetensors") for each in form])
    assert asked.arguments == tuple(each.format(tmp_path) for each in form)
    assert asked.header is None


@pytest.mark.parametrize("form", [["{}"], ["--model", "{}"], ["--model={}"]])
def test_a_file_alone_stands_for_itself(tmp_path: Path, form: list[str]) -> None:
    file = write_weights(tmp_path / "alone.safetensors", billions(1))
    asked = request([*(each.format(file) for each in form), "--gpus", "0"])
    assert asked.arguments == ("--gpus", "0")
    assert asked.header == file

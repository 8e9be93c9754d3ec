from pathlib import Path

import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find

OPTION = {"max_num_seqs": "OPTION_MAX_ROLLING_BATCH_SIZE", "tensor_parallel_size": "OPTION_TENSOR_PARALLEL_DEGREE"}


@pytest.mark.parametrize("name", OPTION)
def test_two_options(name: str) -> None:
    (error,) = on_lmi({OPTION[name]: "2", f"OPTION_{name.upper()}": "4"}).errors
    assert f"{name} 4 (variable OPTION_{name.upper()}) contradict each other: set only" in error


@pytest.mark.parametrize("name", OPTION)
def test_an_option_beats_the_flag_of_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "flags.yaml"
    file.write_text(f"{name.replace('_', '-')}: 4\n")
    resolution = on_lmi({OPTION[name]: "2"}, "--config", str(file))
    setting = find(resolution, name)
    assert (setting.value, setting.source) == (2, f"variable {OPTION[name]}")
    assert setting.overridden == ((4, f"{file} line 1"),)
    assert resolution.errors == ()


@pytest.mark.parametrize("name", OPTION)
@pytest.mark.parametrize("words", [(), ("VLLM_EXTRA_ARGS",)])
def test_a_flag_beats_an_option(name: str, words: tuple[str, ...]) -> None:
    flag = ["--" + name.replace("_", "-"), "4"]
    variables = dict.fromkeys(words, " ".join(flag))
    resolution = on_lmi({OPTION[name]: "2", **variables}, *(() if words else flag))
    assert (resolution.value(name), resolution.errors) == (4, ())


@pytest.mark.parametrize("words", ["command line", "VLLM_EXTRA_ARGS", "file"])
def test_stages_are_vllms_own_business(words: str, tmp_path: Path) -> None:
    file = tmp_path / "flags.yaml"
    file.write_text("pipeline-parallel-size: 2\n")
    arguments = {"command line": ("--pipeline-parallel-size", "2"), "file": ("--config", str(file))}.get(words, ())
    variables = {words: "--pipeline-parallel-size 2"} if words == "VLLM_EXTRA_ARGS" else {}
    resolution = on_lmi(variables, *arguments)
    assert (resolution.value("pipeline_parallel_size"), resolution.errors) == (2, ())

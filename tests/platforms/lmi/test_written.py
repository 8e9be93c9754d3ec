from pathlib import Path

import javaproperties
import pytest

from dragoman.platforms.lmi.settings import PLATFORM
from dragoman.platforms.lmi.written import OWN, TARGET
from tests.written.readers import container_variables
from tests.written.sources import SOURCES, Source


def held(tmp_path: Path, *arguments: str, gpus: int = 0) -> tuple[dict[str, str], dict[str, str]]:
    """Return the properties, and the variables in the comments."""
    (file,) = Source("plain", ("org/m", *arguments), gpus=gpus).write("lmi", tmp_path).files
    assert file.name == "serving.properties"
    return javaproperties.loads(file.text), container_variables(file.text)


ROWS = [
    ((), {}, {}),
    (("-tp", "2"), {"option.tensor_parallel_degree": "2"}, {}),
    (("--max-num-seqs", "8"), {"option.max_rolling_batch_size": "8"}, {}),
    (("--max-num-batched-tokens", "8k"), {"option.max_rolling_batch_prefill_tokens": "8000"}, {}),
    (("--quantization", "awq"), {"option.quantize": "awq"}, {}),
    (("--cpu-offload-gb", "2"), {"option.cpu_offload_gb_per_gpu": "2.0"}, {}),
    (("--no-enable-prefix-caching",), {"option.enable_prefix_caching": "false"}, {}),
    (("--startup-timeout", "600"), {"option.model_loading_timeout": "600.0"}, {}),
    (("--max-queue", "5"), {"job_queue_size": "5"}, {}),
    (("--max-body-size", "1M"), {"max_request_size": "1048576"}, {}),
    (("--block-size", "32"), {"option.block_size": "32"}, {}),
    (("--revision", " # !a:=\\\té"), {"option.revision": " # !a:=\\\té"}, {}),
    (("--chat-template", "{{ 1 }}\n{{ 2 }}"), {"option.chat_template": "{{ 1 }}\n{{ 2 }}"}, {}),
    (("--grace-period", "5"), {}, {"DRAGOMAN_GRACE_PERIOD": "5.0"}),
    (("--max-n", "5"), {}, {"DRAGOMAN_MAX_N": "5"}),
    (("-pp", "2"), {}, {"VLLM_EXTRA_ARGS": "--pipeline-parallel-size 2"}),
    # Blanks at the end of a property are not read.
    (("--revision", "a "), {}, {"VLLM_EXTRA_ARGS": "--revision 'a '"}),
]


@pytest.mark.parametrize(("arguments", "properties", "variables"), ROWS)
def test_the_file_and_the_variables(
    arguments: tuple[str, ...], properties: dict[str, str], variables: dict[str, str], tmp_path: Path
) -> None:
    served = {"option.model_id": "org/m", "option.served_model_name": "org/m"}
    assert held(tmp_path, *arguments) == ({**served, **properties}, variables)


def test_the_file_is_ascii_with_javas_escapes(tmp_path: Path) -> None:
    (file,) = Source("plain", ("org/m", "--revision", "#é:=!"), gpus=0).write("lmi", tmp_path).files
    assert r"option.revision=\#\u00e9\:\=\!" in file.text.splitlines()


def test_what_lmi_decides_by_itself_is_named(tmp_path: Path) -> None:
    (warning,) = Source("plain", ("org/m",), gpus=1).write("lmi", tmp_path).warnings
    assert warning == (
        "nobody has set what lmi decides by itself: startup_timeout 1200.0, max_queue 1000, max_num_seqs 256"
    )


def test_lmis_defaults_go_along(tmp_path: Path) -> None:
    (file,) = SOURCES["lmi"].write("cli", tmp_path).files
    assert [line.strip(" \\") for line in file.text.splitlines() if not line.startswith("#")] == [
        "dragoman serve org/m",
        "--startup-timeout 1200.0",
        "--max-queue 1000",
        "--served-model-name org_m org/m lmi",
        "--tensor-parallel-size 4",
        "--gpu-memory-utilization 0.9",
        "--max-num-seqs 256",
    ]


def test_secrets_belong_into_the_containers_environment(tmp_path: Path) -> None:
    (file,) = SOURCES["plain with keys"].write("lmi", tmp_path).files
    assert container_variables(file.text) == {"HF_TOKEN": "***", "DRAGOMAN_API_KEY": "***"}


def test_every_setting_of_its_own_has_a_reason_or_a_successor() -> None:
    own = {setting.name for setting in PLATFORM.settings if setting.use == "worker" and setting.group == "LMI"}
    assert own - OWN.keys() - TARGET.successors.keys() - TARGET.derived == set()


def test_what_other_platforms_do_not_have(tmp_path: Path) -> None:
    warnings = SOURCES["lmi with a file"].write("cli", tmp_path).warnings
    left = [warning.split(" ")[0] for warning in warnings if "is left out" in warning]
    assert left == ["rolling_batch", "predict_timeout", "env"]
    assert "env '***'" in next(warning for warning in warnings if warning.startswith("env"))

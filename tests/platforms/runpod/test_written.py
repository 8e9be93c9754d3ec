from pathlib import Path

import pytest

from dragoman.platforms.runpod.settings import PLATFORM
from dragoman.platforms.runpod.written import OWN, TARGET
from dragoman.settings.catalogue import vllm_flags
from tests.written.readers import env_file
from tests.written.sources import SOURCES, Source


def variables(tmp_path: Path, *arguments: str, gpus: int = 0) -> dict[str, str]:
    (file,) = Source("plain", ("org/m", *arguments), gpus=gpus).write("runpod", tmp_path).files
    return env_file(file.text)


ROWS = [
    ((), {}),
    (("--revision", "abc"), {"MODEL_REVISION": "abc"}),
    (("--tokenizer", "org/t"), {"TOKENIZER_NAME": "org/t"}),
    (("--max-model-len", "8k"), {"MAX_MODEL_LEN": "8000"}),
    (("--no-enable-prefix-caching",), {"ENABLE_PREFIX_CACHING": "false"}),
    (("--served-model-name", "a", "b"), {"SERVED_MODEL_NAME": "a,b"}),
    (("--root-path", "/a"), {"DRAGOMAN_ROOT_PATH": "/a"}),
    (("--max-queue", "5"), {"DRAGOMAN_MAX_QUEUE": "5"}),
    (("--request-timeout", "5"), {"REQUEST_TIMEOUT": "5.0"}),
    (("--chat-template", "{{ 1 }}"), {"CHAT_TEMPLATE": "{{ 1 }}"}),
    (("--chat-template", "{{ 1 }}\n"), {"CUSTOM_CHAT_TEMPLATE": "{{ 1 }}\\n"}),
    # Variables are read without the blanks around them, and 0 stands for nothing in some.
    (("--code-revision", " a "), {"VLLM_EXTRA_ARGS": "--code-revision ' a '"}),
    (("--num-gpu-blocks-override", "0"), {"VLLM_EXTRA_ARGS": "--num-gpu-blocks-override 0"}),
]


@pytest.mark.parametrize(("arguments", "said"), ROWS)
def test_the_variables(arguments: tuple[str, ...], said: dict[str, str], tmp_path: Path) -> None:
    assert variables(tmp_path, *arguments) == {"MODEL_NAME": "org/m", **said}


def test_what_runpod_would_decide_otherwise(tmp_path: Path) -> None:
    assert variables(tmp_path, gpus=4) == {
        "MODEL_NAME": "org/m",
        "TENSOR_PARALLEL_SIZE": "1",
        "GPU_MEMORY_UTILIZATION": str(vllm_flags()["options"]["gpu_memory_utilization"]["default"]),
    }


def test_secrets_refer_to_those_of_the_console(tmp_path: Path) -> None:
    (file,) = SOURCES["plain with keys"].write("runpod", tmp_path).files
    held = env_file(file.text)
    assert held["HF_TOKEN"] == "{{ RUNPOD_SECRET_HF_TOKEN }}"
    assert held["DRAGOMAN_API_KEY"] == "{{ RUNPOD_SECRET_DRAGOMAN_API_KEY }}"


def test_addresses_and_certificates_are_runpods(tmp_path: Path) -> None:
    warnings = Source("plain", ("org/m", "--port", "9000"), gpus=0).write("runpod", tmp_path).warnings
    assert warnings == (f"port 9000 (command line) is left out: {TARGET.place['port']}",)


def test_a_line_break_cannot_be_said(tmp_path: Path) -> None:
    (warning,) = Source("plain", ("org/m", "--revision", "a\nb"), gpus=0).write("runpod", tmp_path).warnings
    assert warning.startswith("revision 'a\\nb' (command line) is left out: a variable holds one line")


def test_every_setting_of_its_own_has_a_reason() -> None:
    own = {setting.name for setting in PLATFORM.settings if setting.use == "worker"}
    assert own - OWN.keys() == {"request_timeout"}


def test_what_other_platforms_do_not_have(tmp_path: Path) -> None:
    warnings = SOURCES["runpod with a queue"].write("cli", tmp_path).warnings
    left = [warning.split(" ")[0] for warning in warnings if "is left out" in warning]
    assert left == ["max_concurrency", "default_batch_size"]
    assert any(warning.endswith("set them there too: VLLM_USE_DEEP_GEMM") for warning in warnings)

import os
from pathlib import Path

import pytest

from dragoman.cluster.order import Order, portable


@pytest.mark.parametrize(
    "name",
    [
        *("MODEL_NAME", "DRAGOMAN_API_KEY", "VLLM_LOGGING_LEVEL", "OPTION_MAX_MODEL_LEN", "SERVING_LOAD_MODELS"),
        *("MLOPS_RUNTIME_PARAM_MODEL", "TARGET_NAME", "RUNPOD_ENDPOINT_ID", "HF_TOKEN", "HF_HOME", "AWS_REGION"),
        *("OMP_NUM_THREADS", "NCCL_DEBUG", "OTEL_SERVICE_NAME", "HTTPS_PROXY", "LANG", "TZ", "CUDA_MODULE_LOADING"),
    ],
)
def test_what_replicas_have_wherever_they_run(name: str) -> None:
    assert portable({name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "PWD", "TMPDIR", "HOSTNAME", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "_"),
        *("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "RAY_ADDRESS", "RAY_JOB_ID", "KUBERNETES_SERVICE_HOST"),
        *("CONDA_PREFIX", "SSH_CONNECTION", "XDG_RUNTIME_DIR", "TERM"),
        *("VLLM_HOST_IP", "NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "LISTEN_FDS"),
    ],
)
def test_what_is_of_this_machine_alone(name: str) -> None:
    assert portable({name: "x"}) == {}


def test_the_order_of_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    order = Order.of_command(["--replicas", "2", "org/m"], {"HF_TOKEN": "secret", "PATH": "/bin"})
    assert order == Order(("--replicas", "2", "org/m"), {"HF_TOKEN": "secret"}, os.getcwd())


def test_an_order_shows_no_secrets() -> None:
    assert "secret" not in repr(Order(("--api-key", "secret"), {"HF_TOKEN": "secret"}))

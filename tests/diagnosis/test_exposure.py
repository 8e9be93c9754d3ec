import pytest

from dragoman.diagnosis.exposure import access, adapters, keys, look
from dragoman.diagnosis.subject import Subject
from dragoman.serving.entrance.exposure import Exposure
from tests.diagnosis.subjects import judged, subject


@pytest.mark.parametrize(
    ("worker", "severity"),
    [
        (subject(DRAGOMAN_HOST="0.0.0.0"), "advice"),
        (subject(DRAGOMAN_HOST="0.0.0.0", DRAGOMAN_API_KEY="k" * 32), "fine"),
        (subject(DRAGOMAN_HOST="127.0.0.1"), "fine"),
        (subject("--uds", "/run/d.sock", DRAGOMAN_HOST="0.0.0.0"), "fine"),
        (subject("--platform", "lmi", DRAGOMAN_HOST="0.0.0.0"), "fine"),
    ],
)
def test_access(worker: Subject, severity: str) -> None:
    found = judged(access, Exposure(), worker)
    assert found.severity == severity
    assert ("openssl" in found.cure) == (severity == "advice")


@pytest.mark.parametrize(("key", "severity"), [("short", "advice"), ("k" * 32, "fine")])
def test_keys(key: str, severity: str) -> None:
    found = judged(keys, Exposure(), subject(DRAGOMAN_API_KEY=key))
    assert found.severity == severity
    assert key not in f"{found}"


def test_adapters() -> None:
    assert judged(adapters, look(subject())).severity == "fine"
    assert judged(adapters, look(subject(VLLM_ALLOW_RUNTIME_LORA_UPDATING="True"))).severity == "advice"

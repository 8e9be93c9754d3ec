import json
import subprocess
import sys

import pytest

from tests.real.worker import Worker

SCRIPT = "tests.real.vllm_norms"
# Both round, vLLM's own once more; the sums of the rows differ in their order.
CLOSE = 4.0


@pytest.fixture(scope="module")
def found() -> dict[str, list[float]]:
    told = subprocess.run([sys.executable, "-m", SCRIPT], check=True, capture_output=True, text=True).stdout
    found: dict[str, list[float]] = json.loads(told.splitlines()[-1])
    return found


def test_the_norms_are_vllms(found: dict[str, list[float]]) -> None:
    assert max(found["distances"]) <= CLOSE


def test_what_the_kernels_cannot_read_is_left_to_vllm(found: dict[str, list[float]]) -> None:
    assert found["taken"] == [True, False, False]


def test_an_eager_worker_uses_them(worker: Worker) -> None:
    assert "fused_add_rms_norm=['cpu_c', 'native']" in worker.log()

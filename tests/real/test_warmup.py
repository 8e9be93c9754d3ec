"""What the engine has been asked before anybody else asks it."""

from dragoman.serving.warmup import LATER_REQUESTS
from tests.real.worker import Worker


def test_every_path_has_been_warmed_without_a_failure(worker: Worker) -> None:
    assert worker.metric("vllm:request_success_total") > len(LATER_REQUESTS)
    assert "warming up: " not in worker.log()

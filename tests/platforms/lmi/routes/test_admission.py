from contextlib import ExitStack

import pytest

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.routes.admission import Admission
from tests.platforms.lmi.asking import options


def test_as_many_are_let_in_as_run_and_wait() -> None:
    admission = Admission(options(max_num_seqs=1, job_queue_size=1))
    with admission.place(), admission.place():
        with pytest.raises(ServerError, match="Worker queue capacity exceeded for model: test") as full:
            admission.place().__enter__()
        assert (full.value.status, full.value.kind) == (503, "WlmCapacityException")
    with admission.place():
        pass


def test_a_place_is_free_again_after_a_failure() -> None:
    admission = Admission(options(max_num_seqs=1, job_queue_size=0))
    with pytest.raises(LookupError), admission.place():
        raise LookupError
    with admission.place():
        pass


def test_the_operator_chooses_the_status() -> None:
    admission = Admission(options(max_num_seqs=0, job_queue_size=0, wlm_error_http_code=429))
    with pytest.raises(ServerError) as full, admission.place():
        pass
    assert full.value.response().status_code == 429


@pytest.mark.parametrize(("inside", "waiting"), [(0, 0), (2, 0), (3, 1)])
def test_those_wait_that_are_more_than_run_at_a_time(inside: int, waiting: int) -> None:
    admission = Admission(options(max_num_seqs=2, job_queue_size=9))
    with ExitStack() as places:
        for _ in range(inside):
            places.enter_context(admission.place())
        assert admission.waiting == waiting

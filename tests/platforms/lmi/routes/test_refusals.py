import pytest

from dragoman.platforms.lmi.options import Era
from dragoman.platforms.lmi.routes.refusals import engine_refusal
from tests.platforms.lmi.engines import error


@pytest.mark.parametrize(
    ("status", "era", "code"),
    [
        (400, Era.ASYNC, 400),
        (404, Era.ASYNC, 404),
        (500, Era.ASYNC, 500),
        (400, Era.ROLLING, 424),
        (500, Era.ROLLING, 424),
        (401, Era.ROLLING, 401),
    ],
)
def test_the_status_is_the_engines_or_rolling_batchs(status: int, era: Era, code: int) -> None:
    assert engine_refusal(status, error("no", status).encode(), era).status == code


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (error("no", 400), "no"),
        (error("It died. See stack trace (above) for the root cause.", 400), "It died."),
        ("", "status 400"),
    ],
)
def test_the_message_is_the_engines(body: str, message: str) -> None:
    assert str(engine_refusal(400, body.encode(), Era.ASYNC)) == message


@pytest.mark.parametrize("era", list(Era))
def test_a_failure_of_the_engine_is_called_so(era: Era) -> None:
    assert str(engine_refusal(500, b"EngineCore died", era)) == "Inference engine failure: EngineCore died"

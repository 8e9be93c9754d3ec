import pytest

from dragoman.platforms.lmi.options import Era
from dragoman.platforms.lmi.routes.refusals import broken_off, engine_refusal
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
        ('{"error": "Unauthorized"}', "Unauthorized"),
        ('{"detail": "Not Found"}', "Not Found"),
        ('{"message": "older"}', "older"),
        ('{"detail": [{"loc": "x"}]}', '{"detail": [{"loc": "x"}]}'),
        ("plain\n", "plain"),
        ("[1]", "[1]"),
        (error("It died. See stack trace (above) for the root cause.", 400), "It died."),
        ("", "status 400"),
    ],
)
def test_the_message_is_the_engines(body: str, message: str) -> None:
    assert str(engine_refusal(400, body.encode(), Era.ASYNC)) == message


@pytest.mark.parametrize("era", list(Era))
def test_a_failure_of_the_engine_is_called_so(era: Era) -> None:
    assert str(engine_refusal(500, b"EngineCore died", era)) == "Inference engine failure: EngineCore died"


@pytest.mark.parametrize("event", ["", '{"id": "cmpl-1", "error": null}', "[DONE]"])
def test_an_event_that_goes_on_is_no_error(event: str) -> None:
    assert broken_off(event.encode(), Era.ASYNC) is None


@pytest.mark.parametrize(
    ("event", "era", "code", "message"),
    [
        (error("no", 400), Era.ASYNC, 400, "no"),
        (error("no", 400), Era.ROLLING, 424, "no"),
        (error("no", 500), Era.ASYNC, 500, "Inference engine failure: no"),
        ('{"error": {"message": "no"}}', Era.ASYNC, 500, "Inference engine failure: no"),
        ('{"error": {"message": "no", "code": "x"}}', Era.ASYNC, 500, "Inference engine failure: no"),
        ('{"error": {"message": "no", "code": 7}}', Era.ASYNC, 500, "Inference engine failure: no"),
        ('{"error": "no"}', Era.ASYNC, 500, "Inference engine failure: no"),
    ],
)
def test_an_event_that_is_an_error(event: str, era: Era, code: int, message: str) -> None:
    found = broken_off(event.encode(), era)
    assert found is not None
    assert (found.status, str(found)) == (code, message)

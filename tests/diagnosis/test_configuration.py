import pytest

from dragoman.diagnosis.configuration import Others, look, platform, settings, warnings
from tests.diagnosis.subjects import judged, subject

NOBODY = Others({}, {})


def test_settings() -> None:
    assert judged(settings, NOBODY).severity == "fine"
    found = judged(settings, NOBODY, subject("--enable-auto-tool-choice"))
    assert found.severity == "problem"
    assert "enable_auto_tool_choice" in found.what
    assert found.cure == "dragoman explain --gpus 0 --enable-auto-tool-choice"


def test_a_slip_is_cured_by_the_right_name() -> None:
    assert judged(warnings, NOBODY).severity == "fine"
    found = judged(warnings, NOBODY, subject(MAX_MODEL_LNE="4096"))
    assert found.severity == "advice"
    assert found.cure == 'export MAX_MODEL_LEN="$MAX_MODEL_LNE"; unset MAX_MODEL_LNE'


def test_other_warnings_are_explained() -> None:
    found = judged(warnings, NOBODY, subject("--engine-url", "http://localhost:1", "--seed", "3"))
    assert found.cure == "dragoman explain --gpus 0 --engine-url http://localhost:1 --seed 3"


def test_what_is_no_slip_is_not_said_to_have_no_effect() -> None:
    found = judged(warnings, NOBODY, subject("--api-key", "sesame-open-sesame"))
    assert found.why == "The worker starts all the same."
    assert found.cure == 'DRAGOMAN_API_KEY="${DRAGOMAN_API_KEY:?}" dragoman explain --gpus 0'


def test_platform() -> None:
    assert judged(platform, NOBODY).what == "the platform is plain (detected: nothing names another platform)"


@pytest.mark.parametrize(
    ("others", "what", "cure"),
    [
        (Others({"runpod": "variable RUNPOD_ENDPOINT_ID"}, {}), "variable RUNPOD_ENDPOINT_ID speaks for", "runpod"),
        (Others({}, {"runpod": ("MAX_CONCURRENCY",)}), "MAX_CONCURRENCY set nothing here", "runpod"),
    ],
)
def test_signs_of_another_platform(others: Others, what: str, cure: str) -> None:
    chosen, other = platform(subject(), others)
    assert (chosen.severity, other.severity) == ("fine", "advice")
    assert what in other.what
    assert other.cure == f"dragoman doctor --gpus 0 --platform {cure}"


def test_looking_for_others() -> None:
    assert look(subject()) == NOBODY
    assert look(subject("--platform", "plain", RUNPOD_ENDPOINT_ID="x")).evidence == {
        "runpod": "variable RUNPOD_ENDPOINT_ID"
    }
    assert look(subject(BATCH_MAX_DELAY_MS="5")).variables == {"runpod": ("BATCH_MAX_DELAY_MS",)}

import pytest

from dragoman.platforms.runpod.jobs.options import Options

SETTINGS = {
    "model": "/models/m",
    "served_model_name": None,
    "default_batch_size": 50,
    "default_min_batch_size": 1,
    "default_batch_size_growth_factor": 3.0,
    "batch_max_delay_ms": 100.0,
    "default_max_tokens": 16,
    "standard_output": "runpod",
    "raw_openai_output": True,
    "allow_openai_format": True,
    "request_timeout": 3600.0,
    "reasoning_parser": "qwen3",
    "max_concurrency": 300,
}


@pytest.mark.parametrize(
    ("model", "names", "served"),
    [
        ("/models/m", None, ("/models/m",)),
        ("/models/m", [], ("/models/m",)),
        ("/models/m", ["a", "b"], ("a", "b")),
        (None, ["a"], ("a",)),
        (None, None, ()),
    ],
)
def test_a_model_is_served_under_its_names_or_else_its_own(
    model: str | None, names: list[str] | None, served: tuple[str, ...]
) -> None:
    assert Options.of(SETTINGS | {"model": model, "served_model_name": names}).served_models == served


def test_options_are_the_settings_of_that_name() -> None:
    options = Options.of(SETTINGS)
    assert (options.default_max_tokens, options.reasoning_parser) == (16, "qwen3")


@pytest.mark.parametrize(
    ("policy", "seconds"),
    [
        ({"executionTimeout": 5000}, 5),
        ({"executionTimeout": 7_200_000}, 3600),
        ({"executionTimeout": 0}, 3600),
        ({"executionTimeout": -1}, 3600),
        ({"executionTimeout": "5"}, 3600),
        ({"executionTimeout": True}, 3600),
        ({}, 3600),
        ([], 3600),
        (None, 3600),
    ],
)
def test_a_job_runs_no_longer_than_its_policy_allows(policy: object, seconds: float) -> None:
    assert Options.of(SETTINGS).within({"id": "j", "policy": policy}).request_timeout == seconds

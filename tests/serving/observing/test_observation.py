import json
from dataclasses import asdict
from io import StringIO
from typing import Any

import pytest

from dragoman.platforms import resolve
from dragoman.serving.observing.observation import Observation


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def of(*arguments: str, stream: StringIO | None = None, **variables: str) -> Observation:
    resolution = resolve(("--platform", "plain", *arguments), variables)
    assert not resolution.errors
    return Observation.of(resolution.value, stream or StringIO())


@pytest.mark.parametrize(
    ("arguments", "stream", "log_format"),
    [
        ((), Terminal(), "human"),
        ((), StringIO(), "json"),
        (("--log-format", "json"), Terminal(), "json"),
        (("--log-format=human",), StringIO(), "human"),
        (("--log-format=auto",), StringIO(), "json"),
    ],
)
def test_people_read_terminals(arguments: tuple[str, ...], stream: StringIO, log_format: str) -> None:
    assert of(*arguments, stream=stream).log_format == log_format


def test_a_variable_sets_the_format() -> None:
    assert of(DRAGOMAN_LOG_FORMAT="human").log_format == "human"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"log_level": "INFO", "access_log": True, "unlogged_paths": (), "traces_to": None}),
        (("--log-level", "DEBUG"), {"log_level": "DEBUG"}),
        (("--disable-uvicorn-access-log",), {"access_log": False}),
        (("--disable-access-log-for-endpoints", "/a, /b,"), {"unlogged_paths": ("/a", "/b")}),
        (("--otlp-traces-endpoint", "http://otel:4317"), {"traces_to": "http://otel:4317"}),
    ],
)
def test_vllms_own_options_count(arguments: tuple[str, ...], expected: dict[str, Any]) -> None:
    observation = of(*arguments)
    assert {name: getattr(observation, name) for name in expected} == expected


def test_only_what_is_unusual_is_told_and_no_password() -> None:
    assert list(of().told()) == []
    told = list(of("--disable-uvicorn-access-log", "--otlp-traces-endpoint", "http://me:secret@otel:4317").told())
    assert told == ["requests are not logged (disable_uvicorn_access_log)", "traces go to http://otel:4317"]


def test_it_travels_as_json() -> None:
    observation = of("--disable-access-log-for-endpoints", "/a")
    assert Observation.from_json(json.loads(json.dumps(asdict(observation)))) == observation

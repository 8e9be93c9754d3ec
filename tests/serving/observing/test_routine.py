from functools import partial

import pytest

from dragoman.platforms import PLATFORMS
from dragoman.platforms.dialect import dialect
from dragoman.serving.observing.routine import routine
from tests.serving.dialects import SETTINGS

PROBES = {
    "plain": ("/health",),
    "runpod": ("/health", "/ping"),
    "lmi": ("/health", "/ping"),
    "datarobot": ("/", "/ping", "/health"),
}


@pytest.mark.parametrize("platform", [platform.name for platform in PLATFORMS])
def test_probes_and_metrics_are_asked_for_all_the_time(platform: str) -> None:
    is_routine = routine(partial(dialect(platform).probe, settings=SETTINGS[platform]))
    assert all(is_routine(path) for path in (*PROBES[platform], "/metrics"))
    assert not any(is_routine(path) for path in ("/v1/chat/completions", "/invocations", "/predictions/model", "/x"))

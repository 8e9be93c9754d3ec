import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.platforms.lmi.configuration.catalogue import SETTINGS
from dragoman.platforms.lmi.configuration.keys import ALIASES, SERVER_KEYS
from dragoman.settings.resolution import Resolution
from tests.platforms.lmi.configuration.resolving import changes, on_lmi
from tests.platforms.lmi.configuration.rows import REFUSALS, ROWS, Refusal, Row


def assert_warnings(resolution: Resolution, parts: Sequence[str]) -> None:
    """Check that each part is in its warning, and that there are no other warnings."""
    assert len(resolution.warnings) == len(parts), resolution.warnings
    assert all(part in warning for part, warning in zip(parts, resolution.warnings, strict=True))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_an_option_does(row: Row) -> None:
    resolution = on_lmi(row.environment, gpus=row.gpus)
    assert resolution.errors == ()
    assert changes(resolution, row.gpus) == row.engine
    assert {name: resolution.value(name) for name in row.worker} == row.worker
    assert_warnings(resolution, () if row.says is None else (row.says,))
    assert all(any(name in warning for name in row.environment) for warning in resolution.warnings)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_is_refused(refusal: Refusal) -> None:
    resolution = on_lmi(refusal.environment, gpus=refusal.gpus)
    (error,) = resolution.errors
    assert error.startswith(refusal.begins)
    assert refusal.holds in error
    assert_warnings(resolution, refusal.says)


VARIABLES = [
    *(f"OPTION_{name.upper()}" for name in (*ALIASES, *(setting.name for setting in SETTINGS))),
    *(f"SERVING_{key.upper()}" for key in SERVER_KEYS),
]
ODD = ["-1", "0", "7", "9" * 5000, "true", "max", "vllm", "{}", '{"kv_connector": 1}', "[1]", "a=b", "/", "{{", "()"]
VALUES = st.text() | st.sampled_from(ODD)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from(VARIABLES), VALUES))
def test_no_mistake_raises(environment: dict[str, str]) -> None:
    shown = on_lmi(environment).to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert not any("\n" in problem for problem in shown["errors"] + shown["warnings"])

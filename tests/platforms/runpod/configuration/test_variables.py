"""Every variable that the documents of RunPod's worker name is one that this worker knows."""

import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.runpod.configuration.inherited import INHERITED
from dragoman.platforms.runpod.settings import PLATFORM
from dragoman.settings.variables import variables
from tests.platforms.runpod.rows import ROWS

KNOWN = {variable.name: variable for variable in variables(catalogue_of(PLATFORM))}
IN_ROWS = {name for row in ROWS for name in row.environment}


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("MAX_MODEL_LEN", "passed"),
        ("MAX_MODEL_LENGTH", "renamed"),
        ("MODEL_NAME", "renamed"),
        ("ROPE_SCALING", "translated"),
        ("CUSTOM_CHAT_TEMPLATE", "translated"),
        ("SWAP_SPACE", "ignored"),
        ("MAX_CONCURRENCY", "consumed"),
        ("DRAGOMAN_GRPC", "refused"),
    ],
)
def test_what_becomes_of_it(name: str, action: str) -> None:
    assert KNOWN[name].action == action


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_there_is_a_sentence_for_it(name: str) -> None:
    assert KNOWN[name].sentence.endswith((".", ")")) or KNOWN[name].setting.use == "engine"


def test_every_variable_of_the_rows_is_known() -> None:
    assert {*KNOWN, *INHERITED, "VLLM_EXTRA_ARGS", "CONFIG"} >= IN_ROWS

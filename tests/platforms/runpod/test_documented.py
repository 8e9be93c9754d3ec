import re
from pathlib import Path

import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.runpod.documented import NOTES, OTHERS, TOPICS, variables
from dragoman.platforms.runpod.settings import PLATFORM
from dragoman.settings.retired.entries import GROUP as RETIRED

CATALOGUE = catalogue_of(PLATFORM)
NAMES = [name for names in TOPICS.values() for name in names]
TEXT = variables(CATALOGUE)
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE))


def test_every_documented_variable_has_one_row() -> None:
    assert list(ROWS) == NAMES


def test_every_retired_variable_is_documented() -> None:
    retired = {variable for setting in CATALOGUE if setting.group == RETIRED for variable in setting.variables}
    assert retired <= set(NAMES)


def test_notes_and_others_are_about_documented_variables() -> None:
    assert {*NOTES, *OTHERS} <= set(NAMES)


@pytest.mark.parametrize(
    ("variable", "fate"),
    [
        ("MODEL_NAME", "Passed on as `--model`. Required."),
        ("REVISION", "Another name for `MODEL_REVISION`."),
        ("DTYPE", "Passed on as `--dtype`."),
        ("MIN_BATCH_SIZE", "Another name for `DEFAULT_MIN_BATCH_SIZE`."),
        ("MAX_CONCURRENCY", "How many jobs one worker runs at a time. Default: `300`."),
        ("TASK", "Becomes runner and convert."),
        ("SWAP_SPACE", "Ignored: vLLM no longer swaps to the CPU's memory; the nearest is kv_offloading_size."),
        ("VLLM_EXTRA_ARGS", "Flags of vLLM, quoted as in a shell; stronger than all other variables."),
    ],
)
def test_rows(variable: str, fate: str) -> None:
    assert ROWS[variable] == fate


def test_docs_have_the_part() -> None:
    document = Path(__file__).parent.parent.parent.parent / "docs" / "runpod.md"
    assert TEXT in document.read_text(encoding="utf-8")

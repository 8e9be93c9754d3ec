import socket
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from dragoman.diagnosis.subject import Places
from dragoman.diagnosis.temporary import LONGEST, SOCKET, Temporary, executable, length, look, sockets, usable
from dragoman.diagnosis.units import GIB, MIB
from tests.diagnosis.subjects import judged, subject

HEALTHY = Temporary("/tmp", None, 50 * GIB, True, ())


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (HEALTHY, "fine"),
        (replace(HEALTHY, path=None), "problem"),
        (replace(HEALTHY, ignored="/none"), "advice"),
        (replace(HEALTHY, free=MIB), "problem"),
    ],
)
def test_usable(found: Temporary, severity: str) -> None:
    assert judged(usable, found).severity == severity


@pytest.mark.parametrize(("longer", "severity"), [(0, "fine"), (1, "problem")])
def test_length(longer: int, severity: str) -> None:
    found = replace(HEALTHY, path="/" + "x" * (LONGEST - 1 + longer))
    assert judged(length, found).severity == severity


def test_the_longest_path_is_one_that_a_socket_can_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "x" * LONGEST + "/dragoman-12345678/" + str(uuid4())
    assert len(name) == SOCKET
    with socket.socket(socket.AF_UNIX) as held:
        held.bind("y" * SOCKET)
    with socket.socket(socket.AF_UNIX) as held, pytest.raises(OSError, match="too long"):
        held.bind("y" * (SOCKET + 1))


@pytest.mark.parametrize(("loadable", "severity"), [(True, "fine"), (False, "advice")])
def test_executable(loadable: bool, severity: str) -> None:
    assert judged(executable, replace(HEALTHY, executable=loadable)).severity == severity


def test_sockets() -> None:
    assert judged(sockets, HEALTHY).severity == "fine"
    found = judged(sockets, replace(HEALTHY, sockets=(f"/tmp/{uuid4()}",)))
    assert found.severity == "advice"
    assert found.cure.startswith("find /tmp -maxdepth 1 -type s")


def test_looking_for_dead_sockets(
    directory: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else the names could be too long.
    monkeypatch.chdir(directory)
    dead, living, other = directory / str(uuid4()), directory / str(uuid4()), directory / "other"
    for path in (dead, living, other):
        with socket.socket(socket.AF_UNIX) as held:
            held.bind(path.name)
    proc = tmp_path_factory.mktemp("proc")
    (proc / "net").mkdir()
    (proc / "net" / "unix").write_text(f"Num RefCount Path\n0000: 00000002 00000000 00010000 0001 01 5 {living}\n")
    assert look(subject(places=Places(proc=proc))).sockets == (str(dead),)


def test_sockets_are_known_by_their_names_in_every_namespace(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    link = directory / "link"
    link.symlink_to(directory)
    monkeypatch.setattr(tempfile, "tempdir", str(link))
    dead, linked, other = (str(uuid4()) for _ in range(3))
    for name in (dead, linked, other):
        with socket.socket(socket.AF_UNIX) as held:
            held.bind(name)
    proc = directory / "proc"
    for table, path in ((proc / "net", link / linked), (proc / "7" / "net", f"/elsewhere/{other}")):
        table.mkdir(parents=True)
        (table / "unix").write_text(f"Num RefCount Path\n0000: 00000002 00000000 00010000 0001 01 5 {path}\n")
    assert look(subject(places=Places(proc=proc))).sockets == (str(directory / dead),)


def test_the_cure_removes_the_dead_alone(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    dead, living = str(uuid4()), str(uuid4())
    with socket.socket(socket.AF_UNIX) as held, socket.socket(socket.AF_UNIX) as left:
        held.bind(living)
        left.bind(dead)
        left.close()
        found = judged(sockets, replace(HEALTHY, sockets=(str(directory / dead),)))
        subprocess.run(["/bin/sh", "-c", found.cure], check=True, timeout=60)
        assert [path.name for path in directory.iterdir()] == [living]


@pytest.mark.parametrize(("makable", "cure"), [(True, "mkdir -p '/none at all'"), (False, "unset TMPDIR")])
def test_another_directory_is_made_where_nothing_is(makable: bool, cure: str) -> None:
    assert judged(usable, replace(HEALTHY, ignored="/none at all", makable=makable)).cure == cure


@pytest.mark.parametrize("named", ["/proc", "/proc/x", "/etc/passwd", "/etc/passwd/x", "none"])
def test_what_cannot_be_made(directory: Path, named: str) -> None:
    found = look(subject(TMPDIR=named))
    assert (found.ignored, found.makable) == (named, False)


def test_a_tmpdir_that_is_not_there(directory: Path) -> None:
    named = str(directory / "none" / "at" / "all")
    found = look(subject(TMPDIR=named))
    assert (found.path, found.ignored, found.makable) == (str(directory), named, True)
    assert look(subject(TMPDIR=str(directory))).ignored is None

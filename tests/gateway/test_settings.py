import stat
from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.gateway.auth import Keys
from dragoman.gateway.fleet.scaling import Scale
from dragoman.gateway.schema import connect
from dragoman.gateway.settings import Settings, read
from dragoman.gateway.terms import Terms
from dragoman.process.address import Address


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def problems(options: dict[str, str], **variables: str) -> tuple[str, ...]:
    """What is wrong, apart from ports that others use."""
    with pytest.raises(ConfigurationError) as caught:
        read({"port": "0", **options}, variables)
    return caught.value.problems


def test_defaults(tmp_path: Path) -> None:
    assert read({"port": "0"}, {}) == Settings(
        Address("127.0.0.1", 0), "local", tmp_path / "dragoman/gateway-local.db", Keys(), Terms(), (), Scale(0, 1, 60)
    )


def test_everything(tmp_path: Path) -> None:
    options = {
        "host": "0.0.0.0",
        "port": "0",
        "endpoint_id": "My-endpoint_2",
        "db": str(tmp_path / "a folder" / "jobs"),
        "worker": "sh -c 'exec worker'",
        "min": "1",
        "max": "3",
        "idle_timeout": "0.5",
        "execution_timeout": "7200",
        "lost_after": "15",
    }
    assert read(options, {"DRAGOMAN_API_KEY": "one, two"}) == Settings(
        Address("0.0.0.0", 0),
        "My-endpoint_2",
        tmp_path / "a folder" / "jobs",
        Keys(("one", "two")),
        Terms(7200, 15),
        ("sh", "-c", "exec worker"),
        Scale(1, 3, 0.5),
    )


def test_workers_can_be_lost_after_three_seconds() -> None:
    assert read({"port": "0", "lost_after": "3"}, {}).terms.lost_after == 3


def test_an_endpoint_has_a_database_of_its_own(tmp_path: Path) -> None:
    database = read({"port": "0", "endpoint_id": "mine"}, {}).database
    assert database == tmp_path / "dragoman/gateway-mine.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"port": "http"}, "--port 'http': write a whole number, from 0 to 65535"),
        ({"port": "65536"}, "--port '65536': write a whole number, from 0 to 65535"),
        ({"port": "-1"}, "--port '-1': write a whole number, from 0 to 65535"),
        ({"endpoint_id": "a/b"}, "--endpoint-id 'a/b': use letters, digits, - and _"),
        ({"endpoint_id": ""}, "--endpoint-id '': use letters, digits, - and _"),
        ({"endpoint_id": "é"}, "--endpoint-id 'é': use letters, digits, - and _"),
        ({"execution_timeout": "0"}, "--execution-timeout '0': write a number of seconds, more than 0"),
        ({"execution_timeout": "nan"}, "--execution-timeout 'nan': write a number of seconds, more than 0"),
        ({"lost_after": "inf"}, "--lost-after 'inf': write a number of seconds, more than 0"),
        ({"lost_after": "30s"}, "--lost-after '30s': write a number of seconds, more than 0"),
        (
            {"lost_after": "2.9"},
            "--lost-after '2.9': write at least 3 seconds, because workers ping once a second at most",
        ),
        ({"worker": "true", "idle_timeout": "-1"}, "--idle-timeout '-1': write a number of seconds, more than 0"),
        ({"worker": "true", "max": "0"}, "--max '0': write a whole number, not less than 1"),
        ({"worker": "true", "min": "1.5"}, "--min '1.5': write a whole number, not less than 0"),
        ({"worker": "true", "min": "2"}, "--min 2 is more than --max 1"),
        ({"worker": "sh -c 'x"}, "--worker cannot be split into words: No closing quotation"),
        ({"worker": " "}, "--worker is empty: name a command, such as 'dragoman serve'"),
        ({"worker": "no-such-worker --x"}, "--worker: there is no program 'no-such-worker' on PATH"),
        ({"worker": "./worker.sh"}, "--worker: there is no program './worker.sh' on PATH"),
        ({"min": "0"}, "--min is for the gateway's own workers: it needs --worker"),
        ({"max": "1"}, "--max is for the gateway's own workers: it needs --worker"),
        ({"idle_timeout": "9"}, "--idle-timeout is for the gateway's own workers: it needs --worker"),
        ({"host": "0.0.0.0"}, "--host '0.0.0.0' serves other machines, so DRAGOMAN_API_KEY has to hold a key"),
        ({"host": ""}, "--host '' serves other machines, so DRAGOMAN_API_KEY has to hold a key"),
    ],
)
def test_mistakes(options: dict[str, str], problem: str) -> None:
    assert problems(options) == (problem,)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.8.7"])
def test_this_machine_needs_no_key(host: str) -> None:
    assert not read({"host": host, "port": "0"}, {"DRAGOMAN_API_KEY": " "}).keys


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("one,", "DRAGOMAN_API_KEY holds an empty key: write one key, or several with a comma between them"),
        (",", "DRAGOMAN_API_KEY holds an empty key: write one key, or several with a comma between them"),
        ("o\tne", "DRAGOMAN_API_KEY holds a key with letters that cannot be seen, such as a line's end"),
        ("one,t\x00wo", "DRAGOMAN_API_KEY holds a key with letters that cannot be seen, such as a line's end"),
    ],
)
def test_keys_that_cannot_work(keys: str, problem: str) -> None:
    assert problems({}, DRAGOMAN_API_KEY=keys) == (problem,)


def test_what_only_the_machine_knows(tmp_path: Path) -> None:
    database = tmp_path / "jobs.db"
    held = connect(database)
    with Address("127.0.0.1", 0).bind() as sock:
        port = sock.getsockname()[1]
        found = problems({"port": str(port), "db": str(database), "worker": "no-such-worker"})
    held.close()
    assert found == (
        f"port {port} on 127.0.0.1 is already in use; choose another one or end the process that holds it",
        "--worker: there is no program 'no-such-worker' on PATH",
        f"{database} is in use by another gateway. Stop that one, or choose another file with --db.",
    )


def test_a_command_line_with_a_mistake_makes_no_file(tmp_path: Path) -> None:
    assert problems({"db": str(tmp_path / "new" / "jobs.db"), "port": "70000"})
    assert list(tmp_path.iterdir()) == []


def test_all_mistakes_at_once() -> None:
    options = {"port": "x", "endpoint_id": " ", "host": "0.0.0.0", "worker": "'", "min": "3", "max": "2", "db": "/dev"}
    assert [problem.split()[0] for problem in problems(options)] == [
        *("--port", "--endpoint-id", "--host", "--worker", "--min", "The"),
    ]

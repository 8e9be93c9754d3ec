import sys
import time
from pathlib import Path

import psutil
import pytest

from bench import servers
from bench.errors import BenchError
from bench.options import Options
from bench.servers import Server, Side
from dragoman.models import MINI

OPTIONS = Options(model="mini", flags=("--max-model-len", "16"), environment={"COLOUR": "blue"})
FAMILY = """
import subprocess, time
near = subprocess.Popen(["sleep", "60"])
far = subprocess.Popen(["sleep", "60"], start_new_session=True)
print("ready", flush=True)
time.sleep(60)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + FAMILY


def side(code: str) -> Side:
    return Side("a fake", (sys.executable, "-c", code), restarts=False)


def wait_for(log: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def check_until_it_has_ended(server: Server) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        server.check()
        time.sleep(0.01)


def interrupt_when_ready(log: Path) -> None:
    wait_for(log, "ready")
    raise KeyboardInterrupt


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "log"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "GRACE", 0.2)
    monkeypatch.setattr(servers, "PARTING", 0.2)


def test_both_sides_get_the_same_flags_and_variables(log: Path) -> None:
    code = "import os, sys; print(sys.argv[1:], os.environ['COLOUR'], flush=True)"
    with Server(side(code), OPTIONS, log) as server:
        wait_for(log, "\n")
    flags = ["--model", "mini", "--served-model-name", "dragoman-mini", "--max-model-len", "16"]
    assert log.read_text() == f"{[*flags, '--host', '127.0.0.1', '--port', str(server.port)]} blue\n"


@pytest.mark.parametrize(("code", "survivors"), [(FAMILY, 2), (STUBBORN, 3)])
def test_no_process_outlives_a_server(log: Path, code: str, survivors: int) -> None:
    with Server(side(code), OPTIONS, log) as server:
        wait_for(log, "ready")
        family = server.family()
    assert len(family) == 3
    assert len(server.survivors) == survivors
    assert not server.family()
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)


def test_no_process_outlives_an_interrupted_benchmark(log: Path) -> None:
    server = Server(side(FAMILY), OPTIONS, log)
    with pytest.raises(KeyboardInterrupt), server:
        interrupt_when_ready(log)
    assert not server.family()


def test_a_server_can_be_ended_before_its_exit(log: Path) -> None:
    with Server(side(STUBBORN), OPTIONS, log) as server:
        wait_for(log, "ready")
        server.end()
        assert not server.family()
    assert len(server.survivors) == 3


def test_the_bundled_model_has_the_flags_that_it_has_on_plain() -> None:
    flags = servers.bundled_flags(str(MINI))
    assert flags[flags.index("--tool-call-parser") + 1] == "hermes"


def test_another_model_has_no_flags_of_its_own() -> None:
    assert servers.bundled_flags("Qwen/Qwen3-0.6B") == ()


def test_a_server_that_has_ended_is_quoted(log: Path) -> None:
    code = "import sys; print('no such model'); sys.exit(3)"
    with Server(side(code), OPTIONS, log) as server:
        wait_for(log, "no such model")
        with pytest.raises(BenchError, match=r"(?s)a fake ended with code 3.*no such model"):
            check_until_it_has_ended(server)


def test_memory_of_the_tree_and_of_the_parent(log: Path) -> None:
    with Server(side(FAMILY), OPTIONS, log) as server:
        wait_for(log, "ready")
        tree, parent = server.memory()
    assert 0 < parent < tree


def test_the_engine_is_found_by_its_title(log: Path, tmp_path: Path) -> None:
    engine = tmp_path / "VLLM::EngineCore"
    engine.symlink_to("/bin/sleep")
    with Server(side(FAMILY.replace("sleep", str(engine), 1)), OPTIONS, log) as server:
        wait_for(log, "ready")
        assert server.engine().cmdline() == [str(engine), "60"]


def test_a_server_without_an_engine(log: Path) -> None:
    with Server(side(FAMILY), OPTIONS, log) as server:
        wait_for(log, "ready")
        with pytest.raises(BenchError, match="EngineCore"):
            server.engine()

import os
import socket
from pathlib import Path

from dragoman.diagnosis.address import Wanted, free, look
from dragoman.process.address import Address
from tests.diagnosis.subjects import judged, subject


def test_free() -> None:
    assert judged(free, (Wanted("--port", Address("localhost", 8000), ()),)).severity == "fine"


def test_taken() -> None:
    taken = Wanted(
        "--port", Address("localhost", 8000), ("port 8000 on localhost is already in use",), "nginx (pid 7)", 7
    )
    found = judged(free, (taken,))
    assert found.severity == "problem"
    assert found.what == "port 8000 on localhost is already in use: nginx (pid 7) has it"
    assert "kill 7" in found.why
    assert found.cure == "dragoman serve --gpus 0 --port 0"


def test_a_port_that_this_process_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (wanted,) = look(subject("--port", str(port), "--host", "127.0.0.1"))
    assert wanted.pid == os.getpid()
    assert wanted.problems[0].startswith(f"port {port} on 127.0.0.1 is already in use")


def test_all_addresses_are_tried(tmp_path: Path) -> None:
    socket_path = str(tmp_path / "d.sock")
    wanted = look(subject("--uds", socket_path, "--health-port", "0"))
    assert [(each.flag, each.problems) for each in wanted] == [("--uds", ()), ("--health-port", ())]
    assert not Path(socket_path).exists()

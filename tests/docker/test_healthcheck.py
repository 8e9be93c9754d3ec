import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docker.scripts import script
from tests.platforms.datarobot.reports import self_signed

healthcheck = script("healthcheck")


@contextmanager
def answering(sock: socket.socket, status: bytes) -> Iterator[None]:
    """Something that answers every connection with a status, or with bytes that are none."""

    def serve() -> None:
        while True:
            try:
                connection, _ = sock.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return
            with connection:
                connection.recv(1024)
                connection.sendall(status)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        sock.shutdown(socket.SHUT_RDWR)
        sock.close()
        thread.join()


def listening(family: socket.AddressFamily, address: tuple[str, int] | str) -> socket.socket:
    sock = socket.socket(family)
    sock.bind(address)
    sock.listen()
    return sock


def places(*families: socket.AddressFamily) -> list[tuple[socket.AddressFamily, object]]:
    return [place for place in healthcheck.first_places([os.getpid()]) if place[0] in families]


@pytest.mark.parametrize(
    ("family", "host"),
    [
        (socket.AF_INET, "127.0.0.1"),
        (socket.AF_INET, "0.0.0.0"),
        (socket.AF_INET6, "::1"),
        (socket.AF_INET6, "::"),
    ],
)
def test_it_finds_where_a_process_listens(family: socket.AddressFamily, host: str) -> None:
    with listening(family, (host, 0)) as sock:
        assert (family, sock.getsockname()[:2]) in places(family)


def test_it_finds_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with listening(socket.AF_UNIX, path):
        assert (socket.AF_UNIX, path) in places(socket.AF_UNIX)


def test_what_does_not_listen_is_passed_over() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        assert (socket.AF_INET, sock.getsockname()) not in places(socket.AF_INET)


def test_the_first_process_that_listens_is_the_containers() -> None:
    with listening(socket.AF_INET, ("127.0.0.1", 0)):
        assert healthcheck.first_places([0, os.getpid()]) == healthcheck.first_places([os.getpid()])


def test_a_process_that_is_gone_listens_nowhere() -> None:
    assert healthcheck.first_places([0]) == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 0),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 0),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", 0),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", 0),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", 1),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", 1),
        (b"", 1),
        (b"no HTTP", 1),
    ],
)
def test_well_is_what_answers_and_does_not_say_otherwise(answer: bytes, code: int) -> None:
    sock = listening(socket.AF_INET, ("127.0.0.1", 0))
    place = (socket.AF_INET, sock.getsockname())
    with answering(sock, answer):
        assert healthcheck.verdict([place])[1] == code


def test_tls_is_spoken_with_what_answers_nothing_else(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    sock = listening(socket.AF_INET, ("127.0.0.1", 0))
    place = (socket.AF_INET, sock.getsockname())
    with answering(context.wrap_socket(sock, server_side=True), b"HTTP/1.1 200 OK\r\n\r\n"):
        assert healthcheck.verdict([place]) == ([f"{place[1]}: 200"], 0)


def test_a_container_in_which_nothing_listens_is_not_well() -> None:
    assert healthcheck.verdict([]) == (["nothing listens"], 1)

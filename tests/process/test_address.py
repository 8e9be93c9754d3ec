import os
import socket
from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.process.address import Address, is_loopback


def test_a_free_port_is_listened_on() -> None:
    address = Address("127.0.0.1", 0)
    with address.bind() as sock, socket.create_connection(sock.getsockname()) as client:
        assert client.getpeername()[0] == "127.0.0.1"


def test_the_port_that_the_system_chose_is_told() -> None:
    address = Address("127.0.0.1", 0)
    with address.bind() as sock:
        assert str(address.of(sock)) == f"http://127.0.0.1:{sock.getsockname()[1]}"


def test_a_port_can_be_had_again_at_once() -> None:
    with Address("127.0.0.1", 0).bind() as sock, socket.create_connection(sock.getsockname()):
        again = Address(*sock.getsockname())
    again.bind().close()


@pytest.mark.parametrize(
    ("host", "family"),
    [("", socket.AF_INET), ("0.0.0.0", socket.AF_INET), ("localhost", socket.AF_INET), ("::1", socket.AF_INET6)],
)
def test_hosts_of_both_families(host: str, family: socket.AddressFamily) -> None:
    with Address(host, 0).bind() as sock:
        assert sock.family == family


def test_a_port_in_use_is_told() -> None:
    with Address("127.0.0.1", 0).bind() as taken:
        host, port = taken.getsockname()
        with pytest.raises(ConfigurationError, match=f"^port {port} on 127.0.0.1 is already in use; "):
            Address(host, port).bind()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (Address("no.such.host.invalid", 8000), "cannot listen on port 8000 on no.such.host.invalid: "),
        (Address("a..b", 8000), "cannot listen on port 8000 on a..b: "),
        (Address("x" * 64, 8000), f"cannot listen on port 8000 on {'x' * 64}: "),
        (Address("192.0.2.1", 8000), "cannot listen on port 8000 on 192.0.2.1: Cannot assign"),
        (Address("127.0.0.1", 65536), "port 65536 is not between 0 and 65535"),
        (Address("127.0.0.1", -1), "port -1 is not between 0 and 65535"),
        (
            Address("", 0, "/no/such/directory/socket"),
            "cannot listen on socket /no/such/directory/socket: No such file",
        ),
        (Address("", 0, "/tmp/" + "x" * 200), "cannot listen on socket /tmp/" + "x" * 200 + ": "),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_address_that_cannot_be_had_is_one_line(address: Address, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        address.bind()
    assert str(caught.value).startswith(message)
    assert not str(caught.value).endswith((": ", "Success"))
    assert "\n" not in str(caught.value)


def test_a_failure_leaves_no_descriptor_open() -> None:
    with Address("127.0.0.1", 0).bind() as taken:
        before = os.listdir("/proc/self/fd")
        with pytest.raises(ConfigurationError):
            Address(*taken.getsockname()).bind()
        assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (Address("127.0.0.1", 8000), "http://127.0.0.1:8000"),
        (Address("127.0.0.1", 8000, tls=True), "https://127.0.0.1:8000"),
        (Address("::1", 8000), "http://[::1]:8000"),
        (Address("", 8000, "/run/socket"), "unix:/run/socket"),
    ],
)
def test_addresses_are_shown_as_clients_write_them(address: Address, shown: str) -> None:
    assert str(address) == shown


def connect(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    return client


def test_a_unix_socket_is_listened_on_and_removed_on_release(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    address = Address("", 0, str(path))
    with address.bind():
        connect(path).close()
    address.release()
    assert not path.exists()
    address.release()


def test_a_unix_socket_that_a_killed_worker_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    address = Address("", 0, str(path))
    address.bind().close()
    with address.bind():
        connect(path).close()


def test_a_unix_socket_in_use_is_told(tmp_path: Path) -> None:
    address = Address("", 0, str(tmp_path / "socket"))
    with address.bind():
        with pytest.raises(ConfigurationError, match="already in use"):
            address.bind()
        connect(tmp_path / "socket").close()


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("important")
    with pytest.raises(ConfigurationError, match="already in use"):
        Address("", 0, str(path)).bind()
    assert path.read_text() == "important"


def test_releasing_a_port_does_nothing() -> None:
    Address("127.0.0.1", 0).release()


def test_problems_are_told_without_binding() -> None:
    with Address("127.0.0.1", 0).bind() as taken:
        port = taken.getsockname()[1]
        [problem] = Address("127.0.0.1", port).problems()
    assert "already in use" in problem
    assert Address("127.0.0.1", port).problems() == ()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("", False), ("example.org", False)],
)
def test_which_hosts_are_the_machine_itself(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback

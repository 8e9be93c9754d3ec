import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.lmi.configuration.address import InferenceAddress
from dragoman.platforms.lmi.settings import PLATFORM
from dragoman.settings.assignments import Reading, Settled

CATALOGUE = catalogue_of(PLATFORM)


def read(address: str, **above: str) -> Reading:
    source = InferenceAddress({"SERVING_INFERENCE_ADDRESS": address})
    return source.read(CATALOGUE, {name: Settled(value, "command line") for name, value in above.items()})


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("http://0.0.0.0:8080", "0.0.0.0", 8080),
        ("http://127.0.0.1:9000/", "127.0.0.1", 9000),
        (" http://localhost ", "localhost", 80),
        ("HTTP://h:0", "h", 0),
        ("http://[::1]:81", "::1", 81),
    ],
)
def test_an_address(address: str, host: str, port: int) -> None:
    reading = read(address)
    assert [(each.name, each.raw) for each in reading.assignments] == [("host", host), ("port", port)]
    assert {each.source for each in reading.assignments} == {"variable SERVING_INFERENCE_ADDRESS"}
    assert not reading.errors


@pytest.mark.parametrize(
    "address", ["8080", "0.0.0.0:8080", "unix:/s", "http://h:99999", "http://:80", "http://h/p", "http://["]
)
def test_no_address(address: str) -> None:
    (error,) = read(address).errors
    start = f"variable SERVING_INFERENCE_ADDRESS: {address!r} is not an address such as http://0.0.0.0:8080: "
    assert error.startswith(start)


def test_nothing() -> None:
    assert InferenceAddress({}).read(CATALOGUE, {}) == read("") == Reading()


def test_tls_without_a_certificate() -> None:
    (error,) = read("https://h").errors
    assert error.startswith("variable SERVING_INFERENCE_ADDRESS: https needs --ssl-certfile")


def test_tls_with_a_certificate() -> None:
    reading = read("https://h", ssl_certfile="cert.pem")
    assert [each.raw for each in reading.assignments] == ["h", 443]
    assert not reading.errors

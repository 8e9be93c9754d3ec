import pytest

from dragoman.engine.guard.addresses import is_public, is_public_host

PUBLIC = ["1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "192.167.1.1", "2606:4700::1111"]
PRIVATE = [
    *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254"),
    *("100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b:1::1", "2001::1", "2002:7f00:1::", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0"),
    *("fec0::1", "ff02::1", "3fff::1"),
]


@pytest.mark.parametrize("address", [*PUBLIC, "::ffff:8.8.8.8"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com.", "local.example.com", "8.8.8.8", "[2606:4700::1111]"])
def test_hosts_that_may_be_public(host: str) -> None:
    assert is_public_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST.", "a.localhost", "printer.local", "metadata.google.internal", "x.home.arpa", "db"),
        *("2130706433", "0177.0.0.1", "0x7f000001", "0x7f.1", "127.1", "0", "127.0.0.1.", "010.0.0.1"),
        *("\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "010.0.0.1", "8.8.2056", "0x8.8.8.8"),
        *("[::1]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]"),
    ],
)
def test_hosts_that_cannot_be(host: str) -> None:
    assert not is_public_host(host)


def test_what_is_no_address_at_all() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        is_public_host("[zz]")

"""Which hosts are public: where a worker may fetch what a request points to."""

import ipaddress
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

# IANA's registries of special-purpose addresses, multicast, and Azure's host, which answers its guests everywhere.
SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
            *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ),
    )
)
# All that is assigned to hosts of the internet; what holds IPv4 in IPv6 is elsewhere, or above.
UNICAST = ipaddress.ip_network("2000::/3")
# Names that are given inside of networks only (RFC 6761, RFC 6762, RFC 8375, ICANN's resolution on .internal).
PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")


def is_public(address: str) -> bool:
    """Whether an address may be anybody's on the internet.

    Args:
        address: as a resolver or a socket gives it.
    """
    return _is_public(ipaddress.ip_address(address.partition("%")[0]))


def is_public_host(host: str) -> bool:
    """Whether a host may be anybody's on the internet, as far as its name tells.

    Args:
        host: a name or an address in any notation, as it stands in a URL; an IPv6 address with its brackets.
    """
    name = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".").lower()
    if name.startswith("["):
        return is_public(name.strip("[]"))
    if _is_number(name):
        # Parsers read other notations than this one each in its own way.
        return _is_canonical(name) and is_public(name)
    return "." in name and not any(f".{name}".endswith(f".{private}") for private in PRIVATE_NAMES)


def _is_number(name: str) -> bool:
    """Whether resolvers take a host for an IPv4 address: decimal, octal, hexadecimal, or short."""
    try:
        socket.inet_aton(name)
    except OSError:
        return False
    return True


def _is_canonical(name: str) -> bool:
    try:
        return str(IPv4Address(name)) == name
    except ValueError:
        return False


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in UNICAST:
        return address.ipv4_mapped is not None and _is_public(address.ipv4_mapped)
    return not any(address in network for network in SPECIAL)

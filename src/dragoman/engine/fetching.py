"""Clients that connect to public addresses only: what a name stands for is looked at when it is connected to."""

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
import requests
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from dragoman.engine.guard.addresses import is_public

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class PrivateAddressError(OSError):
    """What a URL names is at an address that is not public."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "the address is not public")


def public_session(refuse: Callable[[], Exception]) -> aiohttp.ClientSession:
    """An asynchronous client, which goes through no proxy: that would connect in its place.

    Args:
        refuse: makes what is raised for a name that has a private address.
    """
    connector = aiohttp.TCPConnector(resolver=PublicResolver(refuse), socket_factory=_public_socket)
    return aiohttp.ClientSession(connector=connector)


def public_requests() -> requests.Session:
    """The same for threads; it raises ``requests.ConnectionError``."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _PublicAdapter())
    return session


class PublicResolver(ThreadedResolver):
    """Resolves names whose addresses are all public.

    Args:
        refuse: makes what is raised for the others.
    """

    def __init__(self, refuse: Callable[[], Exception]) -> None:
        super().__init__(asyncio.get_running_loop())
        self._refuse = refuse

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host."""
        results = await super().resolve(host, port, family)
        if not all(is_public(result["host"]) for result in results):
            raise self._refuse()
        return results


def _public_socket(info: AddressInfo) -> socket.socket:
    """A socket for a connection; addresses that stand in a URL themselves come here unresolved."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddressError
    return socket.socket(family, kind, protocol)


class _Public(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _PublicTls(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


def _checked(connected: socket.socket) -> socket.socket:
    """The connection, over which nothing has been said yet."""
    if not is_public(connected.getpeername()[0]):
        connected.close()
        raise PrivateAddressError
    return connected


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _Public


class _PublicTlsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTls


class _PublicAdapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: object) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PublicPool, "https": _PublicTlsPool}

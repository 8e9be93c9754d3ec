"""Bytes on a connection that are hardly HTTP, or no HTTP at all."""

import socket

from hypothesis import strategies as st

from bench.servers import HOST

PATIENCE = 15.0
LINES = [
    b"GET / HTTP/1.1",
    b"GET /health HTTP/1.1",
    b"POST /v1/chat/completions HTTP/1.1",
    b"POST /invocations HTTP/1.1",
    b"GET /health HTTP/1.0",
    b"GET /health",
    b"GET /health HTTP/3.9",
    b"GET http://other/health HTTP/1.1",
    b"GET http://other HTTP/1.1",
    b"GET * HTTP/1.1",
    b"GET /\xff\x00 HTTP/1.1",
    b"CONNECT other:443 HTTP/1.1",
    b"PRI * HTTP/2.0",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1",
    b"",
]
HEADERS = [
    b"Host: x",
    b"Host: x\r\nHost: y",
    b"Content-Length: 3",
    b"Content-Length: -1",
    b"Content-Length: 3\r\nContent-Length: 4",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 3\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Expect: 100-continue",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAA",
    b"Content-Type: application/json",
    b"X: " + b"a" * 70_000,
    b"X: \xff\x00\x01",
    b"X" * 300 + b": y",
    b": nameless",
    b" folded",
    b"X:y\nZ:w",
    b"no colon",
]
BODIES = [
    b"",
    b"{}",
    b"abc",
    b"3\r\nabc\r\n0\r\n\r\n",
    b"zz\r\nabc",
    b"ffffffffffffffff\r\n",
    b"3;" + b"e" * 20_000,
    b"0\r\nX: y\r\n\r\n",
]


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """Draw what a client writes before it closes its side."""
    if draw(st.integers(0, 9)) == 0:
        return bytes(draw(st.binary(max_size=400)))
    head = [draw(st.sampled_from(LINES)), *draw(st.lists(st.sampled_from(HEADERS), max_size=4))]
    end = draw(st.sampled_from((b"\r\n\r\n", b"\r\n\r\n", b"\r\n\r\n", b"\n\n", b"\r\n", b"")))
    once: bytes = b"\r\n".join(head) + end + draw(st.sampled_from(BODIES))
    return once * draw(st.sampled_from((1, 1, 1, 2, 20)))


def exchange(port: int, content: bytes) -> bytes:
    """Write all of it and read until the server closes.

    Raises:
        TimeoutError: it does not.
    """
    with socket.create_connection((HOST, port), timeout=PATIENCE) as sock:
        try:
            sock.sendall(content)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b""))
        except TimeoutError:
            raise
        except OSError:
            # It has closed without having read everything.
            return b""

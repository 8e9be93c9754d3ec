"""Clients that ask again and again, and know exactly how long an answer is to be."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from random import Random
from time import monotonic
from typing import Any

import aiohttp

from hardening.chaos.ledger import End, Exchange, Ledger
from hardening.engine import CHAT, MODEL

Json = dict[str, Any]
Verdict = tuple[End, str]

EVENT = b"data: "
DONE = b"[DONE]"
REST = 0.2


class Crowd:
    """Clients of one server.

    Args:
        name: what it is called in the report.
        url: the server, with what stands before the paths of OpenAI's API.
        ledger: where every exchange is noted.
        patience: seconds after which a request without an end is lost.
        tokens: how long answers may be.
    """

    def __init__(self, name: str, url: str, ledger: Ledger, patience: float, tokens: int) -> None:
        self.name = name
        self._url = url
        self._ledger = ledger
        self._patience = patience
        self._tokens = tokens

    async def ask(self, random: Random, end: float) -> None:
        """Ask until that moment of the monotonic clock: whole answers, streams, and streams that are left."""
        timeout = aiohttp.ClientTimeout(total=self._patience)
        # Each request has a connection of its own: what breaks is then told from what was closed for idleness.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
            while monotonic() < end:
                kind = random.choices(("whole", "stream", "leaver", "mistake"), (4, 4, 1, 1))[0]
                ways: dict[str, Callable[[aiohttp.ClientSession, int], Awaitable[Verdict]]] = {
                    "whole": self._whole,
                    "stream": self._stream,
                    "leaver": self._leave,
                    "mistake": self._err,
                }
                exchange = await self._note(kind, ways[kind](http, random.randint(1, self._tokens)))
                # A server that is away is not asked as fast as it refuses.
                await asyncio.sleep(REST if exchange.end in (End.BROKEN, End.REFUSED) else 0)

    async def serves(self) -> bool:
        """Whether a token comes now."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._patience)) as http:
            try:
                end, _ = await self._whole(http, 1)
            except (aiohttp.ClientError, TimeoutError):
                return False
            return end is End.COMPLETE

    async def _note(self, kind: str, asking: Awaitable[Verdict]) -> Exchange:
        begun = monotonic()
        try:
            end, detail = await asking
        except TimeoutError:
            end, detail = End.HUNG, f"{self._patience:g} s"
        except aiohttp.ClientError as error:
            end, detail = End.BROKEN, f"{type(error).__name__}: {error}"
        exchange = Exchange(self.name, kind, begun, monotonic(), end, detail)
        self._ledger.exchanges.append(exchange)
        return exchange

    async def _whole(self, http: aiohttp.ClientSession, tokens: int) -> Verdict:
        async with http.post(self._url + CHAT, json=question(tokens)) as response:
            content = await response.read()
        if response.status != 200:
            return refused(response.status, content)
        return judged(content, tokens)

    async def _stream(self, http: aiohttp.ClientSession, tokens: int) -> Verdict:
        asked = question(tokens) | {"stream": True, "stream_options": {"include_usage": True}}
        async with http.post(self._url + CHAT, json=asked) as response:
            content = await response.read()
        if response.status != 200:
            return refused(response.status, content)
        return judged_stream(content, tokens)

    async def _leave(self, http: aiohttp.ClientSession, tokens: int) -> Verdict:
        async with http.post(self._url + CHAT, json=question(tokens) | {"stream": True}) as response:
            if response.status != 200:
                return refused(response.status, await response.read())
            await response.content.readany()
        return End.LEFT, ""

    async def _err(self, http: aiohttp.ClientSession, tokens: int) -> Verdict:
        async with http.post(self._url + CHAT, json=question(tokens) | {"messages": 1}) as response:
            content = await response.read()
        return (End.HALF, "a mistake was served") if response.status == 200 else refused(response.status, content)


def question(tokens: int) -> Json:
    """Make a chat request whose answer has exactly so many tokens."""
    said = [{"role": "user", "content": f"Say {tokens} words."}]
    exact = {"max_tokens": tokens, "min_tokens": tokens, "ignore_eos": True, "temperature": 0}
    return {"model": MODEL, "messages": said, **exact}


def refused(status: int, content: bytes) -> Verdict:
    """Judge an answer with a status that is no 200: it must have a body that says why."""
    try:
        told = json.loads(content)
    except ValueError:
        return End.HALF, f"{status} {content[:200]!r}"
    return (End.REFUSED, str(status)) if isinstance(told, dict) else (End.HALF, f"{status} {told}")


def judged(content: bytes, tokens: int) -> Verdict:
    """Judge a whole answer."""
    try:
        answer = json.loads(content)
        complete = counted(answer, tokens) and answer["choices"][0]["finish_reason"] == "length"
    except (ValueError, LookupError, TypeError):
        complete = False
    return (End.COMPLETE, "") if complete else (End.HALF, f"{tokens} tokens: {content[:500]!r}")


def judged_stream(content: bytes, tokens: int) -> Verdict:
    """Judge all of a stream that has come to its end."""
    said = [line.removeprefix(EVENT) for line in content.splitlines() if line.startswith(EVENT)]
    if any(each.startswith(b'{"error"') for each in said):
        return End.TOLD, ""
    try:
        events = [json.loads(each) for each in said if each != DONE]
        pieces = sum(bool(choice["delta"].get("content")) for event in events for choice in event["choices"])
        complete = said[-1] == DONE and 0 < pieces <= tokens and counted(events[-1], tokens)
    except (ValueError, LookupError, TypeError):
        complete = False
    return (End.COMPLETE, "") if complete else (End.HALF, f"{tokens} tokens: {content[-500:]!r}")


def counted(answer: Json, tokens: int) -> bool:
    """Whether an answer says that it has so many tokens."""
    return bool(answer["usage"]["completion_tokens"] == tokens)

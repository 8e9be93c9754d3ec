"""Clients of a server's chat route, and what they saw."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from time import perf_counter

import aiohttp

from bench.errors import RequestError
from bench.servers import MODEL_NAME

PATH = "/v1/chat/completions"
PATIENCE = 300.0
# vLLM closes a connection that has been idle for 5 s, perhaps while a request is on its way: far less than that, since
# either side may be held up for seconds.
KEPT = 1.0
WORDS = ["sun", "moon", "star", "sky", "rain", "snow", "wind", "fire", "bread", "milk", "tea", "apple", "pear", "salt"]
WORDS_A_PROMPT = 48
EVENT = b"data: {"
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


@dataclass(frozen=True)
class Prompt:
    """A question and the exact number of tokens that its answer is to have."""

    text: str
    tokens: int


@dataclass(frozen=True)
class Answer:
    """When an answer was asked for, began and was complete, in seconds of the performance counter."""

    tokens: int
    asked: float
    first: float
    last: float

    @property
    def to_first_token(self) -> float:
        """How many seconds the client waited for the first piece of text."""
        return self.first - self.asked

    @property
    def between_tokens(self) -> float:
        """How many seconds lay between two tokens, in the mean over this answer."""
        return (self.last - self.first) / max(self.tokens - 1, 1)


@dataclass(frozen=True)
class Load:
    """The answers to one crowd of clients, and the seconds it took to give them all."""

    answers: tuple[Answer, ...]
    seconds: float


Ask = Callable[[Prompt], Awaitable[Answer]]


def prompts(seed: str, count: int, tokens: int) -> list[Prompt]:
    """Make up prompts that share no beginning, for answers of half to one and a half times ``tokens``.

    Answers of one length would be begun and ended by all clients at once, as real ones never are.
    """
    random = Random(seed)
    lengths = range(max(tokens // 2, 1), tokens * 3 // 2 + 1)
    return [Prompt(" ".join(random.choices(WORDS, k=WORDS_A_PROMPT)), random.choice(lengths)) for _ in range(count)]


def session(url: str, *, keep_alive: bool = True) -> aiohttp.ClientSession:
    """Open a client session for any number of connections."""
    kept = {"keepalive_timeout": KEPT} if keep_alive else {"force_close": True}
    connector = aiohttp.TCPConnector(limit=0, **kept)
    return aiohttp.ClientSession(url, connector=connector, timeout=aiohttp.ClientTimeout(total=PATIENCE))


async def stream(http: aiohttp.ClientSession, prompt: Prompt, path: str = PATH) -> Answer:
    """Ask for a streamed answer; only the events up to the first text and the last one are parsed."""
    asked = perf_counter()
    first, last, event = 0.0, asked, b""
    async with http.post(path, json=body(prompt) | STREAMED) as response:
        await _check(response)
        async for line in response.content:
            if line.startswith(EVENT):
                last, event = perf_counter(), line
                first = first or (last if has_text(line) else 0.0)
    if not first:
        raise RequestError(f"a stream without text: {event.decode(errors='replace')}")
    return Answer(checked(parse(event), prompt), asked, first, last)


async def whole(http: aiohttp.ClientSession, prompt: Prompt, path: str = PATH) -> Answer:
    """Ask for an answer in one piece."""
    asked = perf_counter()
    async with http.post(path, json=body(prompt)) as response:
        await _check(response)
        content = await response.read()
    done = perf_counter()
    return Answer(checked(json.loads(content), prompt), asked, done, done)


async def load(questions: list[Prompt], clients: int, ask: Ask) -> Load:
    """Have the clients share the questions, each asking its next one when it has the answer to its last."""
    waiting = iter(questions)

    async def client() -> list[Answer]:
        return [await ask(question) for question in waiting]

    start = perf_counter()
    answers = await asyncio.gather(*(client() for _ in range(clients)))
    return Load(tuple(answer for each in answers for answer in each), perf_counter() - start)


def body(prompt: Prompt) -> dict[str, object]:
    """Make the chat request that is answered with exactly as many tokens as the prompt wants."""
    return {
        "model": MODEL_NAME,
        "messages": [{"role": "user", "content": prompt.text}],
        "max_tokens": prompt.tokens,
        "temperature": 0,
        "ignore_eos": True,
    }


def parse(event: bytes) -> dict[str, object]:
    """Read the object of a stream's event."""
    content: dict[str, object] = json.loads(event.removeprefix(b"data: "))
    return content


def has_text(event: bytes) -> bool:
    """Tell whether a chat stream's event brings a piece of the answer."""
    choices = parse(event).get("choices")
    return isinstance(choices, list) and any(choice["delta"].get("content") for choice in choices)


def checked(content: object, prompt: Prompt, count: str = "completion_tokens") -> int:
    """Return how many tokens an answer has; raise ``RequestError`` where the prompt wants another number.

    Args:
        content: the object that says so in its ``usage``.
        prompt: what was asked.
        count: what the number is called there.
    """
    usage = content.get("usage") if isinstance(content, dict) else None
    tokens = usage.get(count) if isinstance(usage, dict) else None
    if tokens != prompt.tokens:
        raise RequestError(f"{prompt.tokens} tokens asked for, {tokens} answered: {str(content)[:500]}")
    return prompt.tokens


async def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise RequestError(f"HTTP {response.status}: {await response.text()}")

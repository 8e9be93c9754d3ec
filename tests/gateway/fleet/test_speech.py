import asyncio

import pytest

from dragoman.gateway.fleet.speech import KEPT, Speech
from dragoman.process.output import LONGEST

pytestmark = pytest.mark.anyio


async def copied(*pieces: bytes) -> tuple[str, ...]:
    """What is remembered of a worker that says this."""
    stream = asyncio.StreamReader()
    speech = Speech("w1")
    copying = asyncio.create_task(speech.copy(stream))
    for piece in pieces:
        stream.feed_data(piece)
        await asyncio.sleep(0)
    stream.feed_eof()
    await copying
    return speech.last


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"half a ", b"line\n"], ["half a line"]),
        ([b"no end"], ["no end"]),
        ([b"\n \n"], []),
        ([b"windows\r\n"], ["windows"]),
        ([b" 10%\r 20%\r100%\n"], ["100%"]),
        ([b"\xff\n"], ["\N{REPLACEMENT CHARACTER}"]),
    ],
)
async def test_each_line_has_the_workers_id(
    capsys: pytest.CaptureFixture[str], pieces: list[bytes], lines: list[str]
) -> None:
    assert await copied(*pieces) == tuple(lines)
    assert capsys.readouterr().err == "".join(f"[w1] {line}\n" for line in lines)


async def test_the_last_lines_are_kept() -> None:
    said = [f"line {number}" for number in range(100)]
    assert await copied("\n".join(said).encode()) == tuple(said[-KEPT:])


async def test_a_line_without_an_end_is_cut() -> None:
    kept = await copied(b"x" * (LONGEST + 10), b"yz")
    assert "".join(kept) == "x" * (LONGEST + 10) + "yz"

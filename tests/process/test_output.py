import asyncio
from io import StringIO

import pytest

from dragoman.process.output import KEPT, LONGEST, Output

pytestmark = pytest.mark.anyio


async def copied(*pieces: bytes, limit: int = 64) -> tuple[Output, str]:
    """What came of a stream that arrived in these pieces."""
    to = StringIO()
    output = Output("engine | ", to)
    stream = asyncio.StreamReader(limit)
    copying = asyncio.create_task(output.copy(stream))
    for piece in pieces:
        stream.feed_data(piece)
        await asyncio.sleep(0)
    stream.feed_eof()
    await copying
    return output, to.getvalue()


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"o", b"ne\nt", b"wo\n"], ["one", "two"]),
        ([b"one\n\n  \ntwo\n"], ["one", "two"]),
        ([b"  indented \r\n"], ["  indented"]),
        ([b"last line without an end"], ["last line without an end"]),
        ([b" 10%\r 50%\r100%\n"], ["100%"]),
        ([b" 10%\r", b" 50%\r", b"100%\n"], ["100%"]),
        ([b"\xff\xfe caf\xc3\xa9\n"], ["\ufffd\ufffd café"]),
        ([], []),
    ],
)
async def test_lines_are_prefixed(pieces: list[bytes], lines: list[str]) -> None:
    output, shown = await copied(*pieces)
    assert shown == "".join(f"engine | {line}\n" for line in lines)
    assert output.last() == lines


async def test_a_line_that_never_ends_is_shown_in_pieces() -> None:
    _, shown = await copied(b"x" * 200, b"y" * 200, b"\nshort\n", limit=64)
    assert shown.replace("\nengine | ", "").startswith("engine | " + "x" * 200 + "y" * 200)
    assert shown.endswith("\nengine | short\n")


async def test_a_line_that_never_ends_is_remembered_in_pieces() -> None:
    output, _ = await copied(b"x" * (LONGEST + 10), b"yz", limit=LONGEST)
    assert "".join(output.last()) == "x" * (LONGEST + 10) + "yz"


async def test_lines_go_to_stderr_under_the_prefix_that_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(b"one\ntwo")
    stream.feed_eof()
    await Output("[worker-1] ").copy(stream)
    assert capsys.readouterr().err == "[worker-1] one\n[worker-1] two\n"


async def test_only_the_last_lines_are_kept() -> None:
    output, _ = await copied(b"".join(b"line %d\n" % n for n in range(KEPT + 50)), limit=2**16)
    assert output.last(2) == [f"line {KEPT + 48}", f"line {KEPT + 49}"]
    assert len(output.last(KEPT * 2)) == KEPT


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (["all is well"], None),
        (["ValueError: too long", "Exiting"], "ValueError: too long"),
        (["(EngineCore pid=7) ERROR 01-01 [core.py:1] torch.OutOfMemoryError: no room"], "OutOfMemoryError: no room"),
        (["OSError: the root", "RuntimeError: failed. See root cause above."], "OSError: the root"),
        (
            [
                "OutOfMemoryError: no room",
                "RuntimeError: Worker failed with error 'no', please check the stack trace above for the root cause",
                "Exception: WorkerProc initialization failed [...] See stack trace for root cause.",
                "EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.",
            ],
            "OutOfMemoryError: no room",
        ),
        (["KeyError: 'first'", "ValueError: second"], "ValueError: second"),
        (["Error:"], None),
        (["[rank0]: ValueError: bad rank"], "ValueError: bad rank"),
        (["(APIServer pid=7) WARNING 01-01 [x.py:1] OSError: it went on"], None),
        (["This can cause errors like `OSError: [Errno 24] Too many open files`. Consider more"], None),
    ],
)
async def test_the_cause_is_the_last_line_that_names_an_error(lines: list[str], cause: str | None) -> None:
    output, _ = await copied("\n".join(lines).encode(), limit=2**16)
    assert output.cause() == cause


async def test_output_is_read_to_its_end_when_nobody_reads_it_any_more() -> None:
    class Closed(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    output = Output("", Closed())
    stream = asyncio.StreamReader()
    stream.feed_data(b"one\ntwo\n")
    stream.feed_eof()
    await output.copy(stream)
    assert output.last() == ["one", "two"]

import asyncio
import json
from io import StringIO
from typing import Any

import pytest

from dragoman.process.engine_output import HumanOutput, JsonOutput, engine_output
from dragoman.process.output import Output, unheeded

pytestmark = pytest.mark.anyio

VLLM = "(EngineCore pid=7) ERROR 11-21 20:19:01 [core.py:12] "
OWN = '{"time":"2026-01-01T00:00:00.000Z","level":"INFO","logger":"access","message":"GET / 200","pid":9}'
TRACEBACK = """\
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    f()
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    g()
ValueError: bad
"""


async def copied(output: Output, said: str) -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(said.encode())
    stream.feed_eof()
    await output.copy(stream)


async def objects(said: str) -> list[dict[str, Any]]:
    """What becomes of the engine's output, but for the times."""
    to = StringIO()
    await copied(JsonOutput(to), said)
    told = [json.loads(line) for line in to.getvalue().splitlines()]
    assert all(each.pop("time").endswith("Z") for each in told)
    return told


async def test_a_record_of_vllms_is_taken_apart() -> None:
    assert await objects(VLLM + "it is\n") == [
        {
            "level": "ERROR",
            "logger": "engine",
            "message": "it is",
            "pid": 7,
            "process": "EngineCore",
            "source": "core.py:12",
        }
    ]


@pytest.mark.parametrize("prefix", ["\x1b[0;36m", "my-pod "])
async def test_colours_and_a_prefix_are_understood(prefix: str) -> None:
    coloured = VLLM.replace("ERROR", "\x1b[31mERROR\x1b[0m")
    (told,) = await objects(f"{prefix}{coloured}it is\n")
    assert (told["level"], told["message"]) == ("ERROR", "it is")


async def test_a_record_of_many_lines_is_one_object() -> None:
    (told,) = await objects(f"{VLLM}one\r\n{VLLM}\r\n{VLLM}three\n")
    assert told["message"] == "one\n\nthree"


async def test_two_records_of_the_same_line_of_code_are_two_objects() -> None:
    assert [each["message"] for each in await objects(f"{VLLM}one\n{VLLM}two\n")] == ["one", "two"]


async def test_records_of_two_processes_do_not_mix() -> None:
    other = VLLM.replace("pid=7", "pid=8")
    told = await objects(f"{VLLM}one\r\n{other}two\n{VLLM}three\n")
    assert [(each["pid"], each["message"]) for each in told] == [(7, "one"), (8, "two"), (7, "three")]


async def test_the_traceback_of_a_record_is_a_field_of_its_own() -> None:
    said = "".join(f"{VLLM}{line}\r\n" for line in ("EngineCore failed.", *TRACEBACK.splitlines()))
    (told,) = await objects(said.removesuffix("\r\n") + "\n")
    assert told["message"] == "EngineCore failed."
    assert told["exception"] == TRACEBACK.rstrip()


async def test_a_traceback_without_a_record_is_an_error_and_each_that_follows_from_it_another() -> None:
    first, cause, second = TRACEBACK.partition("\nDuring")
    told = await objects(f"before\n{TRACEBACK}after\n")
    assert [each["message"] for each in told] == ["before", "KeyError: 'a'", "ValueError: bad", "after"]
    assert [each.get("exception") for each in told[1:3]] == [first.rstrip(), (cause + second).strip()]
    assert {each["level"] for each in told[1:3]} == {"ERROR"}


async def test_a_traceback_that_breaks_off_is_shown() -> None:
    (told,) = await objects("Traceback (most recent call last):\n  File 'a'")
    assert told["exception"] == "Traceback (most recent call last):\n  File 'a'"


async def test_what_another_process_says_meanwhile_does_not_end_a_traceback() -> None:
    said = TRACEBACK.splitlines()[:4]
    told = await objects("\n".join((*said[:2], OWN, VLLM + "it is", *said[2:])))
    assert [each["message"] for each in told] == ["GET / 200", "it is", "KeyError: 'a'"]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("all is well", "INFO"),
        ("INFO:     Started", "INFO"),
        ("WARNING:  careful", "WARNING"),
        ("WARN   | careful", "WARNING"),
        ("[WARNING] careful", "WARNING"),
        ("W1121 20:19:01.000 4 x.cpp:1] careful", "WARNING"),
        ("[rank0]:[W1121 20:19:01.000 x.cpp:1] careful", "WARNING"),
        ("[E1121 20:19:01.000 x.cpp:1] bad", "ERROR"),
        ("/usr/lib/a.py:12: FutureWarning: old", "WARNING"),
        ("torch.OutOfMemoryError: no room", "ERROR"),
        ("WARNINGS are off", "INFO"),
        ("Error handling is on", "INFO"),
        ("DEBUG: x", "DEBUG"),
        ("FATAL: x", "CRITICAL"),
    ],
)
async def test_a_line_has_the_level_that_it_names(line: str, level: str) -> None:
    (told,) = await objects(line)
    assert (told["level"], told["message"]) == (level, line)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Received request chatcmpl-abc: params: SamplingParams(n=1), lora_request: None.", "abc"),
        ("Received request cmpl-a-1-0: params: x", "a-1"),
        ("Generated response chatcmpl-a:b (streaming complete): output: 'x'", "a:b"),
        ("Generated response cmpl-abc-0: output: 'x'", "abc"),
        ("Request chatcmpl-abc failed", "abc"),
        ("Added request chatcmpl-a-1-be6d9f18.", "a-1"),
        ("Added request cmpl-a-1-0-be6d9f18.", "a-1"),
        ("Aborted request(s) chatcmpl-abc-be6d9f18.", "abc"),
        ("Request rate is high", None),
        ("Starting", None),
    ],
)
async def test_a_line_of_vllms_about_a_request_names_it(message: str, name: str | None) -> None:
    (told,) = await objects(VLLM + message)
    assert told.get("request_id") == name


async def test_the_workers_own_lines_stay_as_they_are() -> None:
    to = StringIO()
    output = JsonOutput(to)
    await copied(output, OWN + "\n")
    assert to.getvalue() == OWN + "\n"
    assert output.last() == ["GET / 200"]


async def test_a_piece_of_one_of_the_workers_own_lines_does_no_harm() -> None:
    output = JsonOutput(StringIO())
    await copied(output, OWN[:60] + "\n" + "on it goes\n")
    assert output.last() == [OWN[:60], "on it goes"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"requestId": "j1", "message": "m", "level": "WARN"},
            {"level": "WARNING", "message": "m", "request_id": "j1"},
        ),
        ({"requestId": None, "message": "m", "level": "INFO"}, {"level": "INFO", "message": "m"}),
        ({"levelname": "ERROR", "message": "m"}, {"level": "ERROR", "message": "m"}),
        ({"text": "m"}, {"level": "INFO", "message": '{"text": "m"}'}),
        (["message"], {"level": "INFO", "message": '["message"]'}),
    ],
)
async def test_objects_of_others_are_understood(said: object, told: dict[str, str]) -> None:
    assert await objects(json.dumps(said)) == [{"logger": "engine", **told}]


async def test_people_see_whose_line_it_is() -> None:
    to = StringIO()
    await copied(HumanOutput(to), "loading\ndragoman | ready\naccess | GET / 200\n\n")
    assert to.getvalue() == "engine | loading\ndragoman | ready\naccess | GET / 200\n"


@pytest.mark.parametrize(("log_format", "kind"), [("human", HumanOutput), ("json", JsonOutput)])
async def test_the_format_chooses(log_format: str, kind: type[Output]) -> None:
    assert isinstance(engine_output(log_format, unheeded), kind)

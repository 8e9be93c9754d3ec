import json
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette

from dragoman.gateway import page
from dragoman.gateway.auth import Keys
from tests.browsers.serving import serve

UNCLOSED = "the text ends here; "


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(lambda: nullcontext(Starlette(routes=page.routes("local", Keys(), 30.0)))) as address:
        yield address


@pytest.fixture
def scripts(tab: Page, address: str) -> Page:
    """A document under the page's policy, in which its scripts can be called one by one."""
    tab.goto(f"{address}/page/endpoint.json")
    return tab


def test_the_browser_itself_refuses_to_make_html_of_text(scripts: Page, complaints: list[str]) -> None:
    told = scripts.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; } catch (error) { return error.name; } }"
    )

    assert told == "TypeError"
    assert "TrustedHTML" in complaints.pop()


def test_the_browser_itself_refuses_other_scripts(scripts: Page, complaints: list[str]) -> None:
    told = scripts.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
            const script = document.createElementNS('http://www.w3.org/2000/svg', 'script');
            script.append('document.title = 1');
            document.body.append(script);
        })"""
    )

    assert told.startswith(("script-src", "require-trusted-types-for"))
    complaints.clear()


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"a": 1,}', (1, 9), "no comma before }"),
        ('{\n  "a": True\n}', (2, 8), "True is written true in JSON"),
        ('{"a": None}', (1, 7), "None is written null in JSON"),
        ("{'a': 1}", (1, 2), "a name in double quotes is expected"),
        ("{\"a\": 'x'}", (1, 7), "strings stand in double quotes"),
        ('{"a" 1}', (1, 6), "a colon is expected after the name"),
        ('{"a": 1 "b": 2}', (1, 9), "a comma or } is expected"),
        ("[1, 2,]", (1, 7), "no comma before ]"),
        ("[1 2]", (1, 4), "a comma or ] is expected"),
        ('{"a": hello}', (1, 7), "hello is no JSON value; a string stands in double quotes"),
        ('{"a": constructor}', (1, 7), "constructor is no JSON value; a string stands in double quotes"),
        ('{"a": 012}', (1, 7), "a value is expected"),
        ('{"a": "b\nc"}', (1, 9), "the string is not closed"),
        ('{"a": "\\x"}', (1, 8), "no such escape in JSON"),
        ("{} {}", (1, 4), "something follows the end of the value"),
        ("", (1, 1), UNCLOSED + "a value is expected"),
        ('{"a": [1, 2', (1, 12), UNCLOSED + "a comma or ] is expected"),
        ('{"a": "b', (1, 9), UNCLOSED + "the string is not closed"),
    ],
)
def test_a_mistake_in_json_is_found_at_its_place(
    scripts: Page, text: str, place: tuple[int, int], message: str
) -> None:
    found = scripts.evaluate("async (text) => (await import('/page/json.js')).fault(text)", text)

    assert ((found["line"], found["column"]), found["message"]) == (place, message)


@pytest.mark.parametrize("text", ["{}", "[]", '"é\\u00e9\\n"', "-1.5e+3", ' {"a": [true, false, null, {"b": ""}]}\n'])
def test_json_has_no_mistake(scripts: Page, text: str) -> None:
    assert scripts.evaluate("async (text) => (await import('/page/json.js')).fault(text)", text) is None


def test_a_mistake_below_any_depth_is_told(scripts: Page) -> None:
    found = scripts.evaluate("async () => (await import('/page/json.js')).fault('['.repeat(100000))")

    assert found["message"] == "this is nested too deeply"


def test_long_numbers_keep_their_digits(scripts: Page) -> None:
    text = '{"seed": 12345678901234567890, "n": 3, "t": 0.5}'

    shown = scripts.evaluate(
        "async (t) => { const j = await import('/page/json.js'); return j.pretty(j.parse(t)); }", text
    )

    assert shown == '{\n  "seed": 12345678901234567890,\n  "n": 3,\n  "t": 0.5\n}'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("data: a\n\ndata: b\n\n", ["a", "b"]),
        ("data:a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        ("data: a\rdata: b\r\r", ["a\nb"]),
        (": ping\n\nevent: x\nid: 1\ndata: é…\n\n", ["é…"]),
        ("data: a\ndata: b\n\ndata: unfinished", ["a\nb", "unfinished"]),
        ("", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_events_are_the_same_however_their_bytes_come(scripts: Page, body: str, expected: list[str], size: int) -> None:
    found = scripts.evaluate(
        """async ([bytes, size]) => {
            const { events } = await import('/page/sse.js');
            const stream = new ReadableStream({ start(controller) {
                for (let i = 0; i < bytes.length; i += size) controller.enqueue(new Uint8Array(bytes.slice(i, i+size)));
                controller.close();
            } });
            return Array.fromAsync(events(stream));
        }""",
        [list(body.encode()), size],
    )

    assert found == expected


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("plain", "plain"),
        ({"choices": [{"tokens": ["a", "b"]}], "usage": {"input": 1, "output": 2}}, "ab"),
        ({"choices": [{"text": "a"}]}, "a"),
        ({"choices": [{"delta": {"content": "a"}}]}, "a"),
        ({"choices": [{"message": {"content": "a"}}]}, "a"),
        ('data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {"choices":[{"delta":{"content":"b"}}]}\n\n', "ab"),
        ("data: [DONE]\n\n", ""),
        ([{"choices": [{"text": "a"}]}, {"choices": [{"text": "b"}]}], "ab"),
        ({"choices": []}, ""),
        ({"choices": [{"delta": {"content": None}}]}, ""),
        ({"choices": [None]}, ""),
        ({"other": 1}, ""),
        (7, ""),
        (None, ""),
    ],
)
def test_the_text_of_an_item(scripts: Page, item: object, text: str) -> None:
    assert scripts.evaluate("async (item) => (await import('/page/words.js')).words(item)", item) == text


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        ("it broke", "", "it broke"),
        (
            json.dumps({"message": "too long", "type": "BadRequestError", "code": 400}),
            "400 BadRequestError",
            "too long",
        ),
        (json.dumps({"error": {"message": "no", "code": 404}}), "404", "no"),
        (
            json.dumps({"error_type": "<class 'E'>", "error_message": "m", "error_traceback": "t"}),
            "<class 'E'>",
            "m\n\nt",
        ),
        ("null", "", "null"),
        ('{"error": null}', "", '{"error": null}'),
        ("[1]", "", "[1]"),
    ],
)
def test_an_error_is_explained(scripts: Page, error: str, code: str, text: str) -> None:
    found = scripts.evaluate("async (error) => (await import('/page/failure.js')).explain(error)", error)

    assert found == {"code": code, "text": text}


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "\N{EN DASH}"),
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1.00 s"),
        (12_345, "12.3 s"),
        (59_949, "59.9 s"),
        (59_950, "1m 00s"),
        (3_599_400, "59m 59s"),
        (3_600_000, "1h 00m"),
        (90_000_000, "1d 1h"),
    ],
)
def test_a_duration_in_words(scripts: Page, milliseconds: int | None, words: str) -> None:
    assert scripts.evaluate("async (ms) => (await import('/page/format.js')).duration(ms)", milliseconds) == words


@pytest.mark.parametrize(
    ("kind", "given", "path", "body"),
    [
        ("run", {"prompt": 'it\'s `$HOME` \\ "x" $(id)\nJSON\n'}, "run", None),
        ("runsync", [1], "runsync", None),
        (
            "openai",
            {"openai_route": "/v1/completions", "openai_input": {"prompt": "a"}},
            "openai/v1/completions",
            {"prompt": "a"},
        ),
    ],
)
def test_a_job_as_curl_sends_the_same_again(scripts: Page, kind: str, given: object, path: str, body: object) -> None:
    url = "http://127.0.0.1/v2/it's/"

    command = scripts.evaluate(
        "async ([job, url]) => (await import('/page/curl.js')).again(job, url, true)",
        [{"kind": kind, "input": given}, url],
    )

    shell = 'curl() { printf "%s\\n" "$@"; cat; }; DRAGOMAN_API_KEY=k; ' + command
    lines = subprocess.run(["bash", "-c", shell], capture_output=True, check=True, text=True).stdout.split("\n", 5)
    assert lines[:5] == [url + path, "-H", "Authorization: Bearer k", "--json", "@-"]
    assert json.loads(lines[5]) == (body or {"input": given})


def test_a_job_without_a_body_as_curl(scripts: Page) -> None:
    job = {"kind": "openai", "input": {"openai_route": "/v1/models"}}

    command = scripts.evaluate("async (job) => (await import('/page/curl.js')).again(job, 'http://h/', false)", job)

    assert command == "curl 'http://h/openai/v1/models'"


def test_a_command_has_no_control_characters(scripts: Page) -> None:
    job = {"kind": "run", "input": "\x1b[31m\x7f\x9b\u202e"}

    command = scripts.evaluate("async (job) => (await import('/page/curl.js')).again(job, '', false)", job)

    assert "\\u001b[31m\\u007f\\u009b\\u202e" in command

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.platforms.plain.browser.engine import Engine, delta

TRICKY = 'it\'s `$HOME` \\ "x" $(id)\nJSON\n\u202e\x7f é 😀 None'
SERVER = "http://h:1/below/"


def script(page: Page, name: str, request: object, has_key: bool) -> str:
    """The program that the page writes."""
    call = f"async ([r, k, s]) => (await import('/page/code.js')).{name}(r, k, s)"
    text = page.evaluate(call, [request, has_key, SERVER])
    assert isinstance(text, str)
    return text


def arguments(command: str) -> tuple[list[str], str]:
    """What a shell would call curl with, and what curl would read."""
    shell = 'curl() { printf "%s\\0" "$@"; printf "\\0"; cat; }; DRAGOMAN_API_KEY=k,other; ' + command
    out = subprocess.run(["bash", "-c", shell], capture_output=True, check=True, stdin=subprocess.DEVNULL).stdout
    told, _, body = out.partition(b"\0\0")
    return told.decode().split("\0"), body.decode()


def chat(**body: object) -> dict[str, object]:
    return {"kind": "chat", "path": "v1/chat/completions", "body": body}


def test_the_request_is_kept_in_step_with_what_is_typed(shown: Page) -> None:
    code = shown.locator("#code")
    expect(code).to_contain_text('"content": "Hello!"')

    shown.locator("#chat-text").fill("Good <morning>")
    expect(code).to_contain_text('"content": "Good <morning>"')
    shown.locator("#options summary").click()
    shown.get_by_label("Temperature").fill("0.25")
    expect(code).to_contain_text('"temperature": 0.25')
    shown.locator("#model").select_option("pirate")
    expect(code).to_contain_text('"model": "pirate"')

    shown.get_by_role("button", name="Python").click()
    expect(code).to_contain_text('{"role": "user", "content": "Good <morning>"},')
    expect(code).to_contain_text("temperature=0.25,")


def test_it_is_copied(shown: Page, address: str) -> None:
    shown.get_by_role("button", name="Copy").click()

    expect(shown.locator("#status")).to_have_text("Copied.")
    copied = shown.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl -N '{address}/v1/chat/completions'")


def test_without_a_clipboard_it_can_be_copied_by_hand(shown: Page) -> None:
    shown.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")

    shown.get_by_role("button", name="Copy").click()

    expect(shown.get_by_role("dialog")).to_be_visible()
    expect(shown.locator("#copy-text")).to_have_value(shown.locator("#code").text_content() or "")


@pytest.mark.parametrize("has_key", [False, True])
def test_curl_sends_the_same(shown: Page, has_key: bool) -> None:
    body = {"model": "it's", "messages": [{"role": "user", "content": TRICKY}], "stream": True}

    called, sent = arguments(script(shown, "asCurl", chat(**body), has_key))

    key = ["-H", "Authorization: Bearer k"] if has_key else []
    assert called == ["-N", f"{SERVER}v1/chat/completions", *key, "--json", "@-"]
    assert json.loads(sent) == body


@pytest.mark.parametrize("model", ["it's", "$(id)`id`", "@/etc/hosts", "</etc/hosts", "a;type=text/html"])
def test_curl_sends_a_models_name_as_it_is(shown: Page, model: str) -> None:
    request = {"kind": "transcription", "path": "v1/audio/transcriptions", "body": {"model": model}}

    called, _ = arguments(script(shown, "asCurl", request, False))

    assert called == [f"{SERVER}v1/audio/transcriptions", "--form-string", f"model={model}", "-F", "file=@speech.wav"]


def test_a_program_has_no_control_characters(shown: Page) -> None:
    for name in ("asCurl", "asPython"):
        text = script(shown, name, chat(messages=[{"role": "user", "content": TRICKY}]), False)
        assert not {"\u202e", "\x7f"} & set(text)


@pytest.mark.parametrize(
    ("request_", "has_key"),
    [
        (chat(model="m", messages=[{"role": "user", "content": TRICKY}], stream=True, seed=7, top_p=None), True),
        (chat(messages=[], stream=True), False),
        ({"kind": "embeddings", "path": "v1/embeddings", "body": {"model": "m", "input": ["a", TRICKY]}}, False),
        ({"kind": "post", "path": "classify", "body": {"model": "m", "input": "a"}}, True),
        ({"kind": "transcription", "path": "v1/audio/transcriptions", "body": {"model": "m"}}, True),
    ],
)
def test_python_is_python(shown: Page, request_: dict[str, Any], has_key: bool) -> None:
    text = script(shown, "asPython", request_, has_key)

    compile(text, "page", "exec")
    assert ("DRAGOMAN_API_KEY" in text) is has_key


def test_the_python_that_is_shown_asks_the_same_and_prints_the_answer(shown: Page, engine: Engine) -> None:
    shown.locator("#chat-text").fill(TRICKY)
    shown.get_by_role("button", name="Python").click()
    program = shown.locator("#code").text_content() or ""
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}

    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    request = engine.asked()
    engine.says(delta("Good"), delta(" morning"))
    engine.ends()

    assert process.communicate(timeout=60)[0] == "Good morning"
    shown.locator("#chat-text").press("Enter")
    assert engine.asked() == request
    engine.ends()


def test_the_curl_that_is_shown_gets_the_answer(shown: Page, engine: Engine) -> None:
    command = shown.locator("#code").text_content() or ""

    process = subprocess.Popen(["bash", "-c", f"export NO_PROXY='*'\n{command}"], stdout=subprocess.PIPE, text=True)
    request = engine.asked()
    engine.says(delta("Good"))
    engine.ends()

    assert '"content": "Good"' in process.communicate(timeout=60)[0]
    assert request["messages"] == [{"role": "user", "content": "Hello!"}]

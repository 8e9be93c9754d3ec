import json

import pytest
from playwright.sync_api import Page, expect

from tests.platforms.plain.browser.engine import Engine, delta, usage

HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script> **b** &lt;"
SAID = ".turn.assistant:last-child .said"
NOTE = ".turn.assistant:last-child .note"


def say(page: Page, text: str) -> None:
    page.locator("#chat-text").fill(text)
    page.locator("#chat-text").press("Enter")


def answered(page: Page, engine: Engine, text: str) -> None:
    """The engine answers the request that has come, with so many tokens as there are words."""
    words = text.split(" ")
    engine.says(*(delta(word if index == 0 else f" {word}") for index, word in enumerate(words)), usage(len(words)))
    engine.ends()
    expect(page.locator(SAID)).to_have_text(text)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_an_answer_comes_word_by_word_and_is_measured(shown: Page, engine: Engine) -> None:
    say(shown, "Hello")
    assert engine.asked() == {
        "model": "mini",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }

    engine.says(delta("Good"))
    expect(shown.locator(SAID)).to_have_text("Good")
    engine.says(delta(" morning"), usage(7))
    engine.ends()

    expect(shown.locator(SAID)).to_have_text("Good morning")
    expect(shown.get_by_role("button", name="Send")).to_be_visible()
    expect(shown.locator(".turn.assistant .figures")).to_contain_text("7 tokens")
    expect(shown.locator(".turn.assistant .figures")).to_contain_text("tokens/s")
    expect(shown.locator("#answer-tokens")).to_have_text("7")
    expect(shown.locator("#first-token")).not_to_have_text("\N{EN DASH}")
    expect(shown.locator(".turn .note:visible")).to_have_count(0)


def test_the_conversation_goes_on(shown: Page, engine: Engine) -> None:
    for question, answer in (("one", "1"), ("two", "2")):
        say(shown, question)
        engine.asked()
        answered(shown, engine, answer)
    shown.locator("#model").select_option("pirate")

    say(shown, "three")
    request = engine.asked()

    assert request["model"] == "pirate"
    assert [turn["content"] for turn in request["messages"]] == ["one", "1", "two", "2", "three"]
    answered(shown, engine, "3")


def test_adapters_are_among_the_models(shown: Page) -> None:
    expect(shown.locator("#model option")).to_have_text(["mini", "pirate (adapter)"])


def test_options_go_with_the_request(shown: Page, engine: Engine) -> None:
    shown.locator("#options summary").click()
    shown.get_by_label("System prompt").fill("Be brief.")
    shown.get_by_label("Temperature").fill("0,5")
    shown.get_by_label("Max tokens").fill("9")
    shown.get_by_label("Seed").fill("7")
    expect(shown.locator("#options-told")).to_have_text("system prompt, temperature 0.5, max tokens 9, seed 7")

    say(shown, "Hello")
    request = engine.asked()

    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (request["temperature"], request["max_tokens"], request["seed"]) == (0.5, 9, 7)
    answered(shown, engine, "Hi")


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("Temperature", "warm", "A number from 0 up, such as 0.7."),
        ("Temperature", "-1", "A number from 0 up, such as 0.7."),
        ("Max tokens", "0", "A whole number from 1 up."),
        ("Max tokens", "2.5", "A whole number from 1 up."),
        ("Seed", "1e99", "A whole number."),
    ],
)
def test_an_option_that_cannot_be_is_told_at_once(shown: Page, field: str, typed: str, told: str) -> None:
    shown.locator("#options summary").click()
    shown.get_by_label(field).fill(typed)
    expect(shown.locator(".fields .fault:visible")).to_have_text(told)
    shown.locator("#options summary").click()

    say(shown, "Hello")

    expect(shown.get_by_label(field)).to_be_focused()
    expect(shown.locator(".turn")).to_have_count(0)
    expect(shown.locator("#chat-text")).to_have_value("Hello")


def test_an_answer_is_stopped(shown: Page, engine: Engine) -> None:
    say(shown, "count")
    engine.asked()
    engine.says(delta("1 2 3"))
    expect(shown.locator(SAID)).to_have_text("1 2 3")

    shown.get_by_role("button", name="Stop").click()

    expect(shown.locator(NOTE)).to_have_text("Stopped.")
    expect(shown.locator("#chat-text")).to_be_focused()
    assert engine.left.wait(20)


def test_text_stays_text(shown: Page, engine: Engine) -> None:
    say(shown, HOSTILE)
    engine.asked()
    engine.says(delta(HOSTILE))
    engine.ends()

    expect(shown.locator(".turn .said")).to_have_text([HOSTILE, HOSTILE])
    assert shown.title() == "Dragoman"
    assert shown.locator(".turn img, .turn script, #code img").count() == 0


def test_lines_stay_lines(shown: Page, engine: Engine) -> None:
    say(shown, "list")
    engine.asked()
    engine.says(delta("a\n  b"))
    engine.ends()

    expect(shown.locator(SAID)).to_have_text("a\n  b", use_inner_text=True)


def test_enter_sends_and_shift_enter_starts_a_line(shown: Page, engine: Engine) -> None:
    box = shown.locator("#chat-text")
    box.press_sequentially("a")
    box.press("Shift+Enter")
    box.press_sequentially("b")
    box.press("Enter")

    assert engine.asked()["messages"][0]["content"] == "a\nb"
    answered(shown, engine, "c")


def test_nothing_is_not_sent(shown: Page) -> None:
    say(shown, "  ")

    expect(shown.locator(".turn")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "message", "headers", "told"),
    [
        (400, "The maximum context length is 8 tokens", {}, "Clear the conversation, or ask for fewer tokens."),
        (400, "no chat template is defined", {}, "use /v1/completions"),
        (404, "The model `x` does not exist.", {}, "Choose another model above."),
        (413, "too large", {}, "Send less, or clear the conversation."),
        (429, "the queue is full", {"retry-after": "4"}, "Send it again in 4 s."),
        (429, "the queue is full", {}, "Send it again later."),
        (500, "<b>oops</b>", {}, "The worker's log says more."),
        (503, "The worker is restarting", {}, "Send it again when the worker is ready."),
    ],
)
def test_a_refusal_says_what_to_do_and_the_message_comes_back(
    shown: Page, engine: Engine, status: int, message: str, headers: dict[str, str], told: str
) -> None:
    engine.refuses(status, message, **headers)

    say(shown, "Hello")

    expect(shown.locator(NOTE)).to_contain_text(message)
    expect(shown.locator(NOTE)).to_contain_text(told)
    expect(shown.locator("#chat-text")).to_have_value("Hello")


def test_an_answer_that_breaks_off_is_told(shown: Page, engine: Engine) -> None:
    say(shown, "Hello")
    engine.asked()
    engine.says(delta("Good"))
    expect(shown.locator(SAID)).to_have_text("Good")

    engine.dies()

    expect(shown.locator(NOTE)).to_contain_text("The answer has broken off")
    expect(shown.locator(SAID)).to_have_text("Good")


def test_an_error_in_the_stream_is_told(shown: Page, engine: Engine) -> None:
    say(shown, "Hello")
    engine.asked()
    engine.says(delta("Good"), {"error": {"message": "EngineCore died", "type": "InternalServerError", "code": 500}})
    engine.ends()

    expect(shown.locator(NOTE)).to_have_text(
        "EngineCore died. Send it again when the worker is ready. The worker's log says more."
    )


def test_thoughts_are_shown_apart(shown: Page, engine: Engine) -> None:
    say(shown, "think")
    engine.asked()
    engine.says({"choices": [{"delta": {"reasoning": "hmm"}}]}, delta("yes"))
    engine.ends()

    expect(shown.locator(".turn .thought:visible")).to_have_text("hmm")
    expect(shown.locator(SAID)).to_have_text("yes")


def test_an_answer_that_was_cut_says_so(shown: Page, engine: Engine) -> None:
    say(shown, "long")
    engine.asked()
    engine.says(delta("one"), delta("", "length"))
    engine.ends()

    expect(shown.locator(NOTE)).to_contain_text("Cut")


def test_a_conversation_is_cleared(shown: Page, engine: Engine) -> None:
    say(shown, "Hello")
    engine.asked()
    answered(shown, engine, "Good")

    shown.get_by_role("button", name="Clear").click()

    expect(shown.locator(".turn")).to_have_count(0)
    say(shown, "again")
    assert json.dumps(engine.asked()["messages"]) == '[{"role": "user", "content": "again"}]'
    answered(shown, engine, "yes")

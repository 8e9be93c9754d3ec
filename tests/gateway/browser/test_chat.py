import json

import pytest
from playwright.sync_api import Page, expect

from tests.gateway.browser.worker import Task, Worker

DONE = "data: [DONE]\n\n"
MODELS = [{"object": "list", "data": [{"id": "first"}, {"id": "second"}]}]


def delta(text: str, finish: str | None = None) -> str:
    """An event as vLLM sends it."""
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}, 'finish_reason': finish}]})}\n\n"


@pytest.fixture
def chat(tab: Page, address: str, worker: Worker) -> Page:
    """The open chat, after its models are known."""
    tab.goto(f"{address}/#chat")
    models = worker.take()
    assert models.input == {"openai_route": "/v1/models"}
    worker.done(models, MODELS)
    expect(tab.locator("#chat-model")).to_have_value("first")
    return tab


def say(chat: Page, worker: Worker, text: str) -> Task:
    """Sends a message, and returns the job that it has become."""
    chat.locator("#chat-text").fill(text)
    chat.locator("#chat-text").press("Enter")
    return worker.take()


def test_an_answer_comes_word_by_word(chat: Page, worker: Worker) -> None:
    task = say(chat, worker, "Hello")
    request = {"model": "first", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    assert task.input == {"openai_route": "/v1/chat/completions", "openai_input": request}

    worker.streams(task, delta("Good"))
    expect(chat.locator(".turn.assistant .said")).to_have_text("Good")
    half = delta(" <b>morning</b>")
    worker.streams(task, half[:20], half[20:])
    expect(chat.locator(".turn.assistant .said")).to_have_text("Good <b>morning</b>")

    worker.streams(task, delta(".", "stop") + DONE)
    worker.done(task, [])
    expect(chat.get_by_role("button", name="Send")).to_be_visible()
    expect(chat.locator(".turn.assistant .said")).to_have_text("Good <b>morning</b>.")
    expect(chat.locator(".turn .note:visible")).to_have_count(0)


def test_the_conversation_goes_on(chat: Page, worker: Worker) -> None:
    task = say(chat, worker, "one")
    worker.streams(task, delta("1") + DONE)
    worker.done(task, [])
    expect(chat.get_by_role("button", name="Send")).to_be_visible()
    chat.locator("#chat-model").select_option("second")

    sent = say(chat, worker, "two").input

    assert isinstance(sent, dict)
    assert sent["openai_input"]["model"] == "second"
    assert [turn["content"] for turn in sent["openai_input"]["messages"]] == ["one", "1", "two"]


def test_an_answer_is_stopped(chat: Page, worker: Worker) -> None:
    task = say(chat, worker, "count")
    worker.streams(task, delta("1 2 3"))
    expect(chat.locator(".turn.assistant .said")).to_have_text("1 2 3")

    chat.get_by_role("button", name="Stop").click()

    expect(chat.locator(".turn.assistant .note")).to_have_text("Stopped.")
    expect(chat.locator("#chat-text")).to_be_focused()
    assert worker.stops() == [task.id]


def test_a_refusal_is_told_and_the_message_comes_back(chat: Page, worker: Worker) -> None:
    task = say(chat, worker, "too long")
    worker.fails(task, json.dumps({"message": "no room for <that>", "type": "BadRequestError", "code": 400}))

    expect(chat.locator(".turn.assistant .note")).to_have_text("no room for <that>")
    expect(chat.locator("#chat-text")).to_have_value("too long")


def test_a_failure_in_the_middle_is_told(chat: Page, worker: Worker) -> None:
    task = say(chat, worker, "Hello")
    worker.streams(task, delta("Good"))
    expect(chat.locator(".turn.assistant .said")).to_have_text("Good")

    worker.fails(task, json.dumps({"message": "the engine died", "code": 500}))

    expect(chat.locator(".turn.assistant .note")).to_have_text("the engine died")
    expect(chat.locator(".turn.assistant .said")).to_have_text("Good")


def test_an_answer_links_to_its_job(chat: Page, worker: Worker) -> None:
    task = say(chat, worker, "Hello")
    worker.streams(task, delta("Good") + DONE)
    expect(chat.locator(".turn.assistant .said")).to_have_text("Good")
    worker.done(task, [])
    expect(chat.get_by_role("button", name="Send")).to_be_visible()

    chat.get_by_role("link", name="its job").click()

    expect(chat.locator("#job-id")).to_have_text(task.id)
    expect(chat.locator("#job-status")).to_have_text("completed")
    expect(chat.locator("#job-stream-text pre")).to_have_text("Good")


def test_models_are_asked_for_only_when_the_chat_is_opened(tab: Page, address: str, worker: Worker) -> None:
    tab.goto(address)
    expect(tab.locator("#no-jobs")).to_be_visible()

    tab.get_by_role("link", name="Chat", exact=True).click()
    expect(tab.locator("#chat-models")).to_have_text("Asking a worker for its models…")
    expect(tab.locator("#job-table tbody tr")).to_have_count(1)

    tab.get_by_role("link", name="New job").click()
    expect(tab.locator("#job-table tbody tr")).to_contain_text(["cancelled"])


def test_without_a_list_of_models_the_worker_chooses(tab: Page, address: str, worker: Worker) -> None:
    tab.goto(f"{address}/#chat")
    worker.fails(worker.take(), "no such route")
    expect(tab.locator("#chat-models")).to_contain_text("No list of models: ")

    sent = say(tab, worker, "Hello").input

    assert isinstance(sent, dict)
    assert "model" not in sent["openai_input"]


def test_a_conversation_is_cleared(chat: Page, worker: Worker) -> None:
    task = say(chat, worker, "Hello")
    worker.streams(task, delta("Good") + DONE)
    worker.done(task, [])
    expect(chat.locator(".turn.assistant .said")).to_have_text("Good")

    chat.get_by_role("button", name="Clear").click()

    expect(chat.locator(".turn")).to_have_count(0)

import json
import subprocess

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.gateway.browser.serving import ENDPOINT
from tests.gateway.browser.worker import Worker

HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
FAILURE = json.dumps({"message": "the prompt is too long", "type": "BadRequestError", "param": None, "code": 400})


@pytest.fixture
def shown(tab: Page, address: str) -> Page:
    """The page, which shows what the gateway says."""
    tab.goto(address)
    expect(tab.locator("#link-text")).to_have_text("live")
    return tab


def submit(address: str, *inputs: object) -> list[str]:
    """Queues jobs, and returns their ids."""
    url = f"{address}/v2/{ENDPOINT}/run"
    bodies = [json.dumps({"input": given}) for given in inputs]
    return [httpx.post(url, content=body, trust_env=False).json()["id"] for body in bodies]


def select(page: Page, job_id: str) -> None:
    page.get_by_role("link", name=job_id).click()
    expect(page.locator("#job-id")).to_have_text(job_id)
    expect(page.locator("#job-body")).to_be_visible()


def test_an_endpoint_without_anything_says_how_to_begin(shown: Page, address: str) -> None:
    expect(shown.locator("#endpoint")).to_have_text("local")
    expect(shown.get_by_text("No workers are running.")).to_be_visible()
    expect(shown.locator("#worker-lines")).to_contain_text(f"RUNPOD_WEBHOOK_GET_JOB='{address}/v2/local/job-take/$ID")
    expect(shown.get_by_text("No jobs yet.")).to_be_visible()
    expect(shown.locator('[data-count="jobs.inQueue"]')).to_have_text("0")

    shown.get_by_role("button", name="Copy the lines").click()

    expect(shown.locator("#status")).to_have_text("Copied.")
    assert "RUNPOD_WEBHOOK_GET_JOB" in shown.evaluate("navigator.clipboard.readText()")


def test_a_job_from_the_form_to_its_output(shown: Page, worker: Worker) -> None:
    shown.locator("#new-input").fill('{"prompt": "Hi", "seed": 12345678901234567890}')
    shown.get_by_role("button", name="Run", exact=True).click()

    expect(shown.locator("#job-status")).to_have_text("in queue")
    expect(shown.locator("#job-input-text")).to_contain_text('"seed": 12345678901234567890')
    expect(shown.locator('[data-count="jobs.inQueue"]')).to_have_text("1")

    task = worker.take()
    assert task.input == {"prompt": "Hi", "seed": 12345678901234567890}
    expect(shown.locator("#job-status")).to_have_text("in progress")
    expect(shown.locator("#workers")).to_contain_text("worker-1")

    worker.streams(task, {"choices": [{"tokens": ["Good "]}]}, {"choices": [{"tokens": ["morning"]}]})
    expect(shown.locator("#job-stream-text")).to_have_text("Good morning", use_inner_text=True)

    worker.streams(task, {"choices": [{"tokens": ["."]}]})
    expect(shown.locator("#job-stream-text pre")).to_have_text("Good morning.")
    expect(shown.locator("#job-stream-count")).to_have_text("3 items")

    worker.done(task, {"usage": {"output": 3}})
    expect(shown.locator("#job-status")).to_have_text("completed")
    expect(shown.locator("#job-output-text")).to_contain_text('"output": 3')
    expect(shown.locator("#job-facts")).to_contain_text("worker-1")
    expect(shown.locator("#job-table tbody tr")).to_contain_text(["completed"])
    expect(shown.locator('[data-count="jobs.completed"]')).to_have_text("1")

    shown.get_by_role("button", name="Items").click()
    expect(shown.locator("#job-stream-items pre")).to_contain_text('{"choices":[{"tokens":["Good "]}]}')


def test_a_stream_that_is_no_text_is_shown_as_items(shown: Page, address: str, worker: Worker) -> None:
    [job_id] = submit(address, {})
    task = worker.take()
    worker.streams(task, {"frame": 1}, {"frame": 2})

    select(shown, job_id)

    expect(shown.locator("#job-stream-items pre")).to_have_text('{"frame":1}\n{"frame":2}\n')
    expect(shown.locator("#job-stream-choice")).to_be_hidden()


def test_who_reads_the_end_of_a_stream_sees_what_comes(shown: Page, address: str, worker: Worker) -> None:
    [job_id] = submit(address, {})
    task = worker.take()
    select(shown, job_id)
    text = shown.locator("#job-stream-text pre")

    worker.streams(task, "line\n" * 100)
    expect(text).to_contain_text("line")
    worker.streams(task, "end")
    expect(text).to_contain_text("end")

    assert text.evaluate("(box) => box.scrollHeight - box.clientHeight - box.scrollTop") < 2


def test_progress_is_shown_until_there_is_an_output(shown: Page, address: str, worker: Worker) -> None:
    [job_id] = submit(address, {})
    task = worker.take()
    worker.progress(task, "half of it")

    select(shown, job_id)
    expect(shown.locator("#job-output")).to_contain_text("Progress")
    expect(shown.locator("#job-output-text")).to_contain_text("half of it")

    worker.done(task, "all of it")
    expect(shown.locator("#job-output-name")).to_have_text("Output")
    expect(shown.locator("#job-output-text pre")).to_have_text("all of it")


def test_an_input_is_sent_once(shown: Page, address: str, worker: Worker) -> None:
    [job_id] = submit(address, {"prompt": "x" * 1000})
    details = f"**/requests/{job_id}?*"

    with shown.expect_response(details) as first:
        select(shown, job_id)
    with shown.expect_response(details) as second:
        pass
    worker.done(worker.take())

    expect(shown.locator("#job-status")).to_have_text("completed")
    assert "input" in first.value.json()["request"]
    assert "input" not in second.value.json()["request"]
    expect(shown.locator("#job-input-text")).to_contain_text("x" * 1000)


def test_what_strangers_write_stays_text(shown: Page, address: str, worker: Worker) -> None:
    [job_id] = submit(address, {"prompt": HOSTILE})
    task = worker.take()
    worker.streams(task, HOSTILE)
    worker.fails(task, HOSTILE)
    worker.ping(status="unhealthy", check="gpu", reason=HOSTILE)

    select(shown, job_id)

    expect(shown.locator("#job-input-text")).to_contain_text("<img src=x onerror=")
    expect(shown.locator("#job-stream-text pre")).to_have_text(HOSTILE)
    expect(shown.locator("#job-error-text pre")).to_have_text(HOSTILE)
    expect(shown.locator("#workers .problem")).to_have_text(f"gpu: {HOSTILE}")
    expect(shown.locator("main img, aside img, body script")).to_have_count(0)
    expect(shown).to_have_title("Dragoman gateway")


def test_a_running_job_is_cancelled(shown: Page, address: str, worker: Worker) -> None:
    [job_id] = submit(address, {})
    worker.take()
    select(shown, job_id)

    shown.get_by_role("button", name="Cancel", exact=True).click()

    expect(shown.locator("#job-result")).to_have_text("Cancelled.")
    expect(shown.locator("#job-status")).to_have_text("cancelled")
    expect(shown.get_by_role("button", name="Cancel", exact=True)).to_be_disabled()
    assert worker.stops() == [job_id]


def test_a_failed_job_is_retried(shown: Page, address: str, worker: Worker) -> None:
    [job_id] = submit(address, {})
    task = worker.take()
    worker.streams(task, "old")
    worker.fails(task, FAILURE)
    select(shown, job_id)

    expect(shown.locator("#job-error-code")).to_have_text("400 BadRequestError")
    expect(shown.locator("#job-error-text pre")).to_have_text("the prompt is too long")

    shown.get_by_role("button", name="Retry").click()

    expect(shown.locator("#job-result")).to_have_text("Back in the queue.")
    expect(shown.locator("#job-status")).to_have_text("in queue")
    expect(shown.locator("#job-error")).to_be_hidden()
    expect(shown.locator("#job-stream")).to_be_hidden()

    again = worker.take()
    worker.streams(again, "new")
    worker.done(again)
    expect(shown.locator("#job-stream-text pre")).to_have_text("new")
    expect(shown.locator("#job-status")).to_have_text("completed")
    expect(shown.locator("#job-facts")).to_contain_text("Retries1")


def test_a_final_job_that_somebody_else_retries_is_followed_again(shown: Page, address: str, worker: Worker) -> None:
    [job_id] = submit(address, {})
    worker.fails(worker.take(), "it broke")
    select(shown, job_id)
    expect(shown.locator("#job-status")).to_have_text("failed")

    httpx.post(f"{address}/v2/{ENDPOINT}/retry/{job_id}", trust_env=False)

    expect(shown.locator("#job-status")).to_have_text("in queue")


def test_a_job_that_is_not_there(tab: Page, address: str) -> None:
    tab.goto(f"{address}/#job/gone")

    expect(tab.locator("#job-gone")).to_be_visible()
    expect(tab.locator("#job-body")).to_be_hidden()
    expect(tab.locator("#link-text")).to_have_text("live")


def test_long_texts_are_shown_when_asked_for(shown: Page, address: str) -> None:
    [job_id] = submit(address, "x" * 300_000)
    select(shown, job_id)

    shown.get_by_role("button", name="Show all 300,002 characters").click()

    assert len(shown.locator("#job-input-text pre").text_content() or "") == 300_002


def test_a_mistake_in_the_json_is_shown_at_its_place(shown: Page) -> None:
    shown.locator("#new-input").fill('{\n  "a": True\n}')
    shown.get_by_role("button", name="Run", exact=True).click()

    expect(shown.locator("#new-fault-text")).to_have_text("Line 2, column 8: True is written true in JSON.")
    expect(shown.locator("#new-input")).to_be_focused()
    assert shown.locator("#new-input").evaluate("(box) => box.selectionStart") == 9

    shown.locator("#new-input").fill("{}")
    expect(shown.locator("#new-fault")).to_be_hidden()


def test_what_the_gateway_refuses_is_told(shown: Page) -> None:
    shown.locator("#new-input").fill('{"input": 1, "policy": {"executionTimeout": 1}}')
    shown.get_by_role("button", name="Run", exact=True).click()

    expect(shown.locator("#new-result")).to_contain_text("executionTimeout")


def test_a_job_whose_result_is_waited_for(shown: Page, worker: Worker) -> None:
    shown.get_by_role("button", name="Run and wait").click()
    expect(shown.locator("#new-result")).to_have_text("Waiting for the result…")

    worker.done(worker.take(), "ready")

    expect(shown.locator("#job-status")).to_have_text("completed")
    expect(shown.locator("#job-output-text pre")).to_have_text("ready")


def test_nobody_has_to_wait(shown: Page) -> None:
    shown.get_by_role("button", name="Run and wait").click()
    shown.get_by_role("button", name="Stop waiting").click()

    expect(shown.locator("#new-result")).to_have_text("Not waiting any more. The job goes on.")
    expect(shown.locator("#job-table tbody tr")).to_contain_text(["in queue"])


def test_the_queue_is_purged_after_a_question(shown: Page, address: str, worker: Worker) -> None:
    submit(address, 1, 2, 3)
    worker.take()
    expect(shown.locator('[data-count="jobs.inQueue"]')).to_have_text("2")

    shown.get_by_role("button", name="Purge the queue…").click()
    expect(shown.get_by_role("button", name="Keep them")).to_be_focused()
    shown.keyboard.press("Enter")
    expect(shown.locator("#purge-dialog")).to_be_hidden()
    expect(shown.locator('[data-count="jobs.inQueue"]')).to_have_text("2")

    shown.get_by_role("button", name="Purge the queue…").click()
    shown.get_by_role("button", name="Purge", exact=True).click()
    expect(shown.locator("#status")).to_have_text("2 jobs removed from the queue.")
    expect(shown.locator('[data-count="jobs.inQueue"]')).to_have_text("0")
    expect(shown.locator('[data-count="jobs.inProgress"]')).to_have_text("1")


def test_jobs_by_page_and_by_status(shown: Page, address: str, worker: Worker) -> None:
    ids = submit(address, *range(60))
    worker.done(worker.take())
    rows = shown.locator("#job-table tbody tr")

    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text(ids[-1])

    shown.get_by_role("button", name="Older").click()
    expect(rows).to_have_count(10)
    expect(rows.last).to_contain_text(ids[0])
    expect(shown.get_by_role("button", name="Older")).to_be_disabled()

    shown.get_by_role("button", name="Newer").click()
    expect(rows).to_have_count(50)

    shown.locator("#filter").select_option("COMPLETED")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text([ids[0]])

    shown.locator("#filter").select_option("FAILED")
    expect(shown.get_by_text("No such jobs.")).to_be_visible()


def test_rows_are_walked_with_the_keyboard(shown: Page, address: str) -> None:
    ids = submit(address, 1, 2)
    first = shown.get_by_role("link", name=ids[1])
    first.focus()

    shown.keyboard.press("ArrowDown")
    expect(shown.get_by_role("link", name=ids[0])).to_be_focused()
    shown.wait_for_timeout(1500)
    expect(shown.get_by_role("link", name=ids[0])).to_be_focused()

    shown.keyboard.press("Enter")
    expect(shown.locator("#job-id")).to_have_text(ids[0])
    expect(shown.locator("#job-title")).to_be_focused()


def test_a_job_as_curl_runs_again(shown: Page, address: str, worker: Worker) -> None:
    given = {"prompt": "it's `id` $HOME \\ \n<&>"}
    [job_id] = submit(address, given)
    worker.done(worker.take())
    select(shown, job_id)

    shown.get_by_role("button", name="Copy as curl").click()
    expect(shown.locator("#job-result")).to_have_text("Copied.")

    command = shown.evaluate("navigator.clipboard.readText()")
    subprocess.run(["bash", "-c", command.replace("curl ", "curl -fsS --noproxy '*' ", 1)], check=True, timeout=30)
    assert worker.take().input == given


def test_the_page_says_that_the_gateway_is_not_reached_and_recovers(shown: Page, address: str) -> None:
    shown.context.set_offline(True)
    expect(shown.locator("#notice-text")).to_contain_text("The gateway cannot be reached.")
    expect(shown.locator("#link-text")).to_have_text("not reached")

    shown.context.set_offline(False)
    expect(shown.locator("#notice")).to_be_hidden()
    expect(shown.locator("#link-text")).to_have_text("live")


def test_nothing_is_asked_while_nobody_looks(shown: Page) -> None:
    asked: list[str] = []
    shown.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    shown.wait_for_timeout(500)
    shown.on("request", lambda request: asked.append(request.url))
    shown.wait_for_timeout(2500)
    assert asked == []

    shown.evaluate("() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }")
    with shown.expect_request("**/health"):
        pass


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_nothing_is_wider_than_the_window(shown: Page, address: str, worker: Worker, width: int, scheme: str) -> None:
    [job_id, *_] = submit(address, {"prompt": "x" * 500}, *range(3))
    worker.fails(worker.take(), "x" * 500)
    worker.ping(status="unhealthy", check="gpu", reason="y" * 300)
    shown.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    shown.set_viewport_size({"width": width, "height": 780})

    for place in ("#jobs", f"#job/{job_id}", "#new", "#chat"):
        shown.goto(f"{address}/{place}")
        expect(shown.locator("#link-text")).to_have_text("live")
        assert shown.evaluate("document.documentElement.scrollWidth") <= width


def test_a_narrow_window_shows_one_thing_at_a_time(shown: Page, address: str) -> None:
    [job_id] = submit(address, 1)
    shown.set_viewport_size({"width": 360, "height": 780})
    select(shown, job_id)
    expect(shown.locator("main")).to_have_attribute("inert", "")

    shown.keyboard.press("Escape")

    expect(shown.locator("#job-view")).to_be_hidden()
    expect(shown.get_by_role("link", name=job_id)).to_be_focused()

"""A worker in a few lines of plain Python: ``stub.py [spawn]``. The input of a job says what it does with it.

``hold``: waits until that file is there. ``crash``: ends without a word. ``stop``: asks to be stopped after the job.
With ``spawn`` it has a child in a session of its own, whose pid it prints.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

WORKER = os.environ["RUNPOD_POD_ID"]
GET_JOB = os.environ["RUNPOD_WEBHOOK_GET_JOB"].replace("$ID", WORKER)
POST_OUTPUT = os.environ["RUNPOD_WEBHOOK_POST_OUTPUT"].replace("$RUNPOD_POD_ID", WORKER)
RETRIES = 300

draining = False


def drain(*_: object) -> None:
    global draining
    draining = True
    print("draining", flush=True)


def ask(url: str, body: object = None) -> dict[str, Any] | None:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": os.environ["RUNPOD_AI_API_KEY"]}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as response:
        answer: dict[str, Any] | None = json.loads(response.read() or b"null")
        return answer


def done(job_id: str, body: object) -> None:
    """Post a result until somebody takes it: the gateway may be on its way back."""
    for _ in range(RETRIES):
        try:
            ask(POST_OUTPUT.replace("$ID", job_id), body)
            return
        except OSError:
            time.sleep(0.1)


def work(job: dict[str, Any]) -> None:
    wish = job["input"]
    if wish.get("crash"):
        os._exit(wish["crash"])
    while wish.get("hold") and not Path(wish["hold"]).exists():
        time.sleep(0.02)
    done(job["id"], {"output": wish, "stopPod": bool(wish.get("stop"))})


def main() -> None:
    signal.signal(signal.SIGTERM, drain)
    if sys.argv[1:] == ["spawn"]:
        print(subprocess.Popen(["sleep", "600"], start_new_session=True).pid, flush=True)
    while not draining:
        try:
            job = ask(GET_JOB)
        except OSError:
            time.sleep(0.05)
            continue
        if job:
            work(job)


if __name__ == "__main__":
    main()

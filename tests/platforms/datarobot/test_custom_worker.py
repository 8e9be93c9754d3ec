"""Whole workers with a custom.py."""

import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.platforms.datarobot.modules import write_custom
from tests.platforms.datarobot.reports import reports
from tests.processes import is_alive
from tests.upstream import Upstream, eventually
from tests.workers import Worker, worker

pytestmark = pytest.mark.anyio

RUNNING = ("Deployment stage 1 out of 3", "Running user provided load-model hook...")
GIVEN_UP = ("Deployment status", "The worker has given up and ends; the reason is in its log.")
TRACEBACK = "engine | Traceback (most recent call last):"
IMPORTS = "from datarobot_drum import CustomHTTPError, RuntimeParameters\n"
SHOWS = """
import logging, os, threading
from helper import greeting

def init(code_dir):
    print("init of", os.path.basename(code_dir))

def load_model(code_dir):
    logging.getLogger(__name__).info("loading %s", RuntimeParameters.get("name"))
    thread = threading.Thread(target=print, args=("a thread",))
    thread.start()
    thread.join()
    return greeting

def get_supported_llm_models(model):
    return [{"id": model, "object": "model"}]
"""


@asynccontextmanager
async def custom(
    directory: Path,
    upstream: Upstream,
    code: str,
    *flags: str,
    variables: Mapping[str, str] | None = None,
    others: Sequence[str] = (),
) -> AsyncIterator[Worker]:
    """A worker with that custom.py and a remote engine."""
    code_dir, temporary = directory / "code", directory / "temporary"
    code_dir.mkdir()
    temporary.mkdir()
    write_custom(code_dir, code)
    (code_dir / "helper.py").write_text("greeting = 'Guten Tag'")
    for name in others:
        (code_dir / name).parent.mkdir()
        (code_dir / name).touch()
    common = ("--engine-url", upstream.url, "--code-dir", str(code_dir))
    named = {"TARGET_NAME": "resultText", **(variables or {})}
    async with worker(temporary, *common, *flags, variables=named, platform="datarobot") as running:
        yield running


async def test_hooks_of_a_start_serve_requests_in_every_server_process(upstream: Upstream, tmp_path: Path) -> None:
    name = {"MLOPS_RUNTIME_PARAM_name": '{"type": "string", "payload": "the model"}'}
    async with custom(tmp_path, upstream, IMPORTS + SHOWS, variables=name) as running:
        await running.ready()
        assert await models(running) == ["Guten Tag"]
        first = running.family()["dragoman server"]
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: not is_alive(first))
        await eventually(running.is_ready)
        assert await models(running) == ["Guten Tag"]
        for line in ("init of code", "INFO custom: loading the model", "a thread"):
            assert running.lines.count(f"engine | {line}") == 1


async def models(running: Worker) -> list[str]:
    async with running.get("/v1/models") as response:
        return [model["id"] for model in (await response.json())["data"]]


@pytest.mark.parametrize(
    ("code", "reason", "place"),
    [
        ("raise RuntimeError('no disk')", "its import failed: RuntimeError: no disk", "in <module>"),
        ("import sys\nsys.exit(0)", "its import failed: SystemExit: 0", "in <module>"),
        ("def init(code_dir): raise ValueError('wrong')", "init failed: ValueError: wrong", "in init"),
        ("def load_model(code_dir): raise OSError('away')", "load_model failed: OSError: away", "in load_model"),
        (
            "import time\ndef load_model(code_dir): time.sleep(3600)",
            "load_model has not come back within 2 s (hook_timeout)",
            "in load_model",
        ),
    ],
)
async def test_a_custom_py_that_fails_ends_the_worker_with_its_own_traceback(
    upstream: Upstream, tmp_path: Path, code: str, reason: str, place: str
) -> None:
    with reports() as told:
        variables = told.environment()
        async with custom(tmp_path, upstream, code, "--hook-timeout", "2", variables=variables) as running:
            assert await running.ended() == 3
    assert running.lines.count(TRACEBACK) == 1
    assert any(line.startswith('engine |   File "') and line.endswith(place) for line in running.lines)
    assert not any("src/dragoman" in line for line in running.lines)
    failure = f"dragoman: error: the engine did not start: custom.py: {reason}; its last lines:"
    assert failure in running.lines
    assert told.told[-1] == GIVEN_UP
    assert told.told.count(GIVEN_UP) == 1


@pytest.mark.parametrize(
    ("code", "reason", "place"),
    [
        ("import os\nos._exit(0)", "importing custom.py ended the process: exit code 0", None),
        (
            "import os\ndef load_model(code_dir): os._exit(7)",
            "running custom.py: load_model ended the process: exit code 7",
            None,
        ),
        (
            "import ctypes\ndef load_model(code_dir): ctypes.string_at(0)",
            "running custom.py: load_model ended the process: killed by SIGSEGV",
            "in load_model",
        ),
    ],
)
async def test_a_custom_py_that_ends_the_process_is_not_run_again(
    upstream: Upstream, tmp_path: Path, code: str, reason: str, place: str | None
) -> None:
    with reports() as told:
        async with custom(tmp_path, upstream, code, variables=told.environment()) as running:
            assert await running.ended() == 3
    assert any(line.startswith(f"dragoman: error: the engine did not start: {reason}") for line in running.lines)
    assert place is None or any(line.startswith('engine |   File "') and line.endswith(place) for line in running.lines)
    assert told.told.count(GIVEN_UP) == 1
    assert told.told[:-1] == ([RUNNING] if "load_model" in code else [])


async def test_python_that_does_not_parse_is_a_wrong_configuration(upstream: Upstream, tmp_path: Path) -> None:
    async with custom(tmp_path, upstream, "def chat(:") as running:
        assert await running.ended() == 2
    assert any("custom.py: invalid syntax in line 1" in line for line in running.lines)


async def test_load_model_that_returns_none_ends_the_worker_without_a_traceback(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with custom(tmp_path, upstream, "def load_model(code_dir): pass") as running:
        assert await running.ended() == 3
    assert any("custom.py: load_model returned None, which means that it failed" in line for line in running.lines)
    assert not any("Traceback" in line for line in running.lines)


@pytest.mark.parametrize("extra", ["nested/custom.py", "vllm/custom.py"])
async def test_two_custom_py_are_a_wrong_configuration(upstream: Upstream, tmp_path: Path, extra: str) -> None:
    async with custom(tmp_path, upstream, "", others=[extra]) as running:
        assert await running.ended() == 2
    code_dir = tmp_path / "code"
    (error,) = [line for line in running.lines if "custom.py" in line]
    assert str(code_dir / extra) in error
    assert str(code_dir / "custom.py") in error

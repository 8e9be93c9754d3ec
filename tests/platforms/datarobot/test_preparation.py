import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dragoman.errors import EngineStartError
from dragoman.platforms.datarobot.hooks import Hooks, loaded
from dragoman.platforms.datarobot.preparation import prepared
from dragoman.process.plan import Plan
from tests.plans import SPARE
from tests.platforms.datarobot.modules import as_they_were, write_custom
from tests.platforms.datarobot.reports import Reports, reports

FILLS = """
from pathlib import Path
def load_model(code_dir):
    directory = Path(code_dir, "vllm")
    directory.mkdir()
    (directory / "config.json").write_text("{}")
    return True
"""
LEAVES = "def load_model(code_dir): return 'model'"
FAILS = "def load_model(code_dir): raise OSError('no store')"
RUNNING = ("Deployment stage 1 out of 3", "Running user provided load-model hook...")
COMPLETED = ("Deployment stage 2 out of 3", "Load-model hook completed.")


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reports]:
    with as_they_were(), reports() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


def plan(directory: Path, *engine_args: str, engine_url: str | None = None, **dialect: object) -> Plan:
    settings = {"target_name": "resultText", "code_dir": str(directory), **dialect}
    return replace(SPARE, platform="datarobot", engine_args=engine_args, engine_url=engine_url, dialect=settings)


def test_without_custom_py_the_plan_stays_as_it_is(tmp_path: Path, told: Reports) -> None:
    phases: list[str] = []
    given = plan(tmp_path, "--model", "a/b")
    assert prepared(given, phases.append) == given
    assert (phases, loaded()) == ([], Hooks())
    assert told.told == [("Deployment stage 1 out of 1", "vLLM Inference Server is launching...")]


def test_load_model_is_run_and_told(tmp_path: Path, told: Reports) -> None:
    write_custom(tmp_path, LEAVES)
    phases: list[str] = []
    given = plan(tmp_path, "--model", "a/b")
    assert prepared(given, phases.append) == given
    assert phases == ["importing custom.py", "running custom.py: load_model"]
    assert loaded().model == "model"
    launching = ("Deployment stage 3 out of 3", "vLLM Inference Server is launching...")
    assert told.told == [RUNNING, COMPLETED, launching]


def test_without_load_model_there_is_one_stage(tmp_path: Path, told: Reports) -> None:
    write_custom(tmp_path, "def chat(params, model): return 1")
    prepared(plan(tmp_path, "--model", "a/b"), print)
    assert loaded().chat is not None
    assert told.told == [("Deployment stage 1 out of 1", "vLLM Inference Server is launching...")]


@pytest.mark.parametrize(
    ("code", "model_from_hook", "given", "expected"),
    [
        (FILLS, True, ("--seed", "1"), ("--model", "{vllm}", "--seed", "1")),
        (FILLS, True, ("--seed", "1", "--model", "a/b", "--eager"), ("--model", "{vllm}", "--seed", "1", "--eager")),
        (FILLS, False, ("--model", "a/b"), ("--model", "a/b")),
        (LEAVES, True, ("--model", "a/b"), ("--model", "a/b")),
    ],
)
def test_the_model_that_load_model_fetched_is_the_model_unless_a_stronger_one_is_named(
    tmp_path: Path, code: str, model_from_hook: bool, given: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    write_custom(tmp_path, code)
    plan_ = prepared(plan(tmp_path, *given, model_from_hook=model_from_hook), print)
    assert plan_.engine_args == tuple(each.format(vllm=tmp_path / "vllm") for each in expected)


def test_what_load_model_left_that_is_no_model_is_an_error(tmp_path: Path) -> None:
    write_custom(tmp_path, FILLS.replace("config.json", "notes.txt"))
    with pytest.raises(EngineStartError, match=r"load_model has run, and .*/vllm has none of .*'notes\.txt'"):
        prepared(plan(tmp_path, "--model", "a/b", model_from_hook=True), print)


@pytest.mark.parametrize(
    ("brought", "problem"),
    [
        ("vllm", None),
        ("mymodel", "model '{model}' (command line) does not exist"),
    ],
)
def test_what_was_awaited_is_looked_for_after_load_model(tmp_path: Path, brought: str, problem: str | None) -> None:
    write_custom(tmp_path, FILLS.replace("vllm", brought))
    model = str(tmp_path / "vllm")
    waiting = plan(tmp_path, "--model", model, awaited={"model": [model, f"model '{model}' (command line)"]})
    if problem is None:
        assert prepared(waiting, print) == waiting
    else:
        with pytest.raises(EngineStartError, match=re.escape(problem.format(model=model))) as raised:
            prepared(waiting, print)
        assert raised.value.exit_code == 3


def test_what_another_model_has_replaced_is_not_looked_for(tmp_path: Path) -> None:
    write_custom(tmp_path, FILLS)
    given = plan(tmp_path, "--model", "/no", model_from_hook=True, awaited={"model": ["/no", "model '/no'"]})
    assert prepared(given, print).engine_args == ("--model", str(tmp_path / "vllm"))


def test_cuda_in_load_model_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Reports) -> None:
    cuda = SimpleNamespace(used=False)
    cuda.is_initialized = lambda: cuda.used
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    write_custom(tmp_path, "import torch\ndef load_model(code_dir): torch.cuda.used = True; return 1")
    with pytest.raises(EngineStartError, match=r"custom\.py has used CUDA"):
        prepared(plan(tmp_path, "--model", "a/b"), print)
    assert told.told == [RUNNING, COMPLETED]


def test_a_remote_engine_has_its_model(tmp_path: Path) -> None:
    write_custom(tmp_path, FILLS)
    given = plan(tmp_path, engine_url="http://engine", model_from_hook=True)
    assert prepared(given, print) == given


def test_no_model_after_load_model_is_an_error(tmp_path: Path, told: Reports) -> None:
    write_custom(tmp_path, LEAVES)
    with pytest.raises(EngineStartError) as raised:
        prepared(plan(tmp_path, "--seed", "1", model_from_hook=True), print)
    reason = f"custom.py: load_model left nothing in {tmp_path}/vllm, and no model is named"
    assert str(raised.value).startswith(reason)
    assert told.told == [RUNNING, COMPLETED]


@pytest.mark.parametrize(("code", "before"), [(FAILS, [RUNNING]), ("raise ValueError", [])])
def test_the_doorman_tells_of_a_failure(
    tmp_path: Path, told: Reports, code: str, before: list[tuple[str, str]]
) -> None:
    write_custom(tmp_path, code)
    with pytest.raises(EngineStartError):
        prepared(plan(tmp_path, "--model", "a/b"), print)
    assert told.told == before


def test_a_hook_may_take_so_long(tmp_path: Path) -> None:
    write_custom(tmp_path, "import time\ndef load_model(code_dir): time.sleep(3600)")
    with pytest.raises(EngineStartError, match=r"has not come back within 0\.05 s"):
        prepared(plan(tmp_path, hook_timeout=0.05), print)


def test_a_sentinel_of_an_earlier_worker_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".server_ready").touch()
    prepared(plan(tmp_path), print)
    assert list(tmp_path.iterdir()) == []


def test_the_directory_is_given_without_links(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    write_custom(code, "def load_model(code_dir): return code_dir")
    (tmp_path / "link").symlink_to(code)
    prepared(plan(tmp_path / "link"), print)
    assert loaded().model == str(code)

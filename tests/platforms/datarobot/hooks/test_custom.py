import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.errors import EngineStartError
from dragoman.platforms.datarobot.hooks.custom import LOST, Custom, custom_file
from dragoman.platforms.datarobot.hooks.surroundings import surroundings
from tests.platforms.datarobot.modules import as_they_were, write_custom

GOOD = """
from datarobot_drum import CustomHTTPError, RuntimeParameters
from helper import greeting

calls = []

def init(code_dir):
    calls.append(("init", code_dir))

def load_model(code_dir):
    calls.append(("load_model", code_dir))
    return greeting

def chat(completion_create_params, model):
    return model
"""


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path) -> Iterator[None]:
    with as_they_were(), surroundings(tmp_path):
        yield


def custom(directory: Path, code: str, timeout: float | None = None) -> Custom:
    return Custom(write_custom(directory, code), directory, timeout)


def test_a_good_one_is_run_as_drum_does(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("greeting = 'Guten Tag'")
    good = custom(tmp_path, GOOD)
    assert sys.modules["custom"].calls == [("init", str(tmp_path))]
    assert good.loads_model
    model = good.load_model()
    assert sys.modules["custom"].calls[1:] == [("load_model", str(tmp_path))]
    hooks = good.hooks(model)
    assert hooks.chat is not None
    assert hooks.chat({}, hooks.model) == "Guten Tag"
    assert (hooks.score, hooks.get_supported_llm_models) == (None, None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('no disk')", "its import failed: RuntimeError: no disk"),
        ("import no_such_module", "its import failed: ModuleNotFoundError: No module named 'no_such_module'"),
        ("def chat(:", "its import failed: SyntaxError: invalid syntax (custom.py, line 1)"),
        ("import sys; sys.exit()", "its import failed: SystemExit"),
        ("def init(code_dir): raise KeyError('x')", "init failed: KeyError: 'x'"),
        ("def init(path): pass", "init failed: TypeError: init() got an unexpected keyword argument 'code_dir'"),
        ("def load_model(code_dir): raise OSError('no\\nstore')", "load_model failed: OSError: no store"),
        ("import sys\ndef load_model(code_dir): sys.exit(4)", "load_model failed: SystemExit: 4"),
        ("def load_model(code_dir): raise ValueError", "load_model failed: ValueError"),
        ("async def load_model(code_dir): raise ValueError", "load_model failed: ValueError"),
    ],
)
def test_one_that_fails_ends_the_start_with_its_traceback_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str, reason: str
) -> None:
    with pytest.raises(EngineStartError) as raised:
        custom(tmp_path, code).load_model()
    assert str(raised.value) == f"custom.py: {reason}"
    assert raised.value.exit_code == 3
    (record,) = caplog.records
    assert record.getMessage().count("Error") + record.getMessage().count("Exit") >= 1
    assert "src/dragoman" not in record.getMessage()
    assert record.getMessage().count("Traceback") <= 1


@pytest.mark.parametrize("hook", ["init", "load_model"])
def test_one_that_hangs_ends_the_start_with_its_place_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, hook: str
) -> None:
    code = f"import time\ndef {hook}(code_dir):\n    time.sleep(3600)"
    with pytest.raises(EngineStartError) as raised:
        custom(tmp_path, code, timeout=0.05).load_model()
    assert str(raised.value) == f"custom.py: {hook} has not come back within 0.05 s (hook_timeout)"
    (record,) = caplog.records
    assert f'custom.py", line 3, in {hook}\n    time.sleep(3600)\n' in record.getMessage()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def load_model(code_dir): pass", "custom.py: load_model returned None, which means that it failed"),
        ("load_model = 'vllm'", "custom.py: load_model is not a function"),
        ("chat = 'vllm'", "custom.py: chat is not a function"),
    ],
)
def test_one_that_cannot_be_used_says_why(tmp_path: Path, code: str, reason: str) -> None:
    with pytest.raises(EngineStartError) as raised:
        custom(tmp_path, code).load_model()
    assert str(raised.value) == reason


def test_what_the_shim_does_not_have_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(EngineStartError, match=r"install datarobot-drum for the rest$"):
        custom(tmp_path, "from datarobot_drum.custom_task_interfaces import TransformerInterface")


def test_a_coroutine_is_awaited(tmp_path: Path) -> None:
    assert custom(tmp_path, "async def load_model(code_dir): return 'model'").load_model() == "model"


@pytest.mark.parametrize("result", ["True", "0", "''", "[]"])
def test_anything_but_none_is_a_model(tmp_path: Path, result: str) -> None:
    loaded = custom(tmp_path, f"def load_model(code_dir): return {result}")
    assert repr(loaded.hooks(loaded.load_model()).model) == result


def test_without_load_model_there_is_no_model(tmp_path: Path) -> None:
    assert not custom(tmp_path, "load_model = None").loads_model


def test_a_task_is_not_used_and_the_functions_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        task = custom(tmp_path, "class CustomTask: pass\ndef load_model(code_dir): return 1")
    assert caplog.messages == ["custom.py: CustomTask is not used here; its functions are"]
    assert task.load_model() == 1


THREAD = """
import threading
done = threading.Event()
threading.Thread(target=done.wait, name="refresher").start()
"""


WATCHER = THREAD.replace("threading.Thread(", "type('TMonitor', (threading.Thread,), {'__module__': 'tqdm._monitor'})(")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (THREAD, ["refresher"]),
        (WATCHER, []),
    ],
)
@pytest.mark.parametrize("more", ["def load_model(code_dir): return 1", "def chat(params, model): return 1"])
def test_threads_that_requests_would_miss_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str, more: str, names: list[str]
) -> None:
    started = custom(tmp_path, code + more)
    with caplog.at_level(logging.WARNING):
        started.hooks(None)
    sys.modules["custom"].done.set()
    assert caplog.messages == [LOST % name for name in names]


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ([], None),
        (["custom.py"], "custom.py"),
        (["code/custom.py"], "code/custom.py"),
        (["code/hooks/custom.py", "vllm/custom.py"], "code/hooks/custom.py"),
        (["custom.py", "cache/model/custom.py"], "custom.py"),
    ],
)
def test_it_is_found_beside_the_model_that_it_fetched(tmp_path: Path, files: list[str], chosen: str | None) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert custom_file(tmp_path) == (tmp_path / chosen if chosen else None)

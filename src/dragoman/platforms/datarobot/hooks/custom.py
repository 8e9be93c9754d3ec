"""Finds and imports custom.py as DRUM does, and runs what belongs to a start."""

import asyncio
import inspect
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from dragoman.errors import EngineStartError
from dragoman.platforms.datarobot.configuration.custom_code import FILE, LOAD_MODEL, files_named
from dragoman.platforms.datarobot.configuration.model_directory import FOLDER
from dragoman.platforms.datarobot.hooks.failures import log_traceback
from dragoman.platforms.datarobot.hooks.hooks import Hook, Hooks
from dragoman.platforms.datarobot.hooks.timeouts import HookTimeoutError, within

INIT = "init"
REQUESTS = ("chat", "score", "get_supported_llm_models")
TASK = "CustomTask"
PARTIAL = "this datarobot_drum has only what custom.py files commonly use; install datarobot-drum for the rest"
LOST = (
    "custom.py: the process that serves requests will not have these threads: %s; have them end before load_model "
    "returns, or start them in the hooks of requests"
)

log = logging.getLogger("dragoman")


def custom_file(directory: Path) -> Path | None:
    """The custom.py anywhere under a directory.

    A start with several does not get here; there may be more at a restart, in a model that ``load_model`` fetched.
    """
    files = files_named(FILE, directory)
    return min(files, key=lambda path: (directory / FOLDER in path.parents, len(path.parts)), default=None)


class Custom:
    """A custom.py.

    Args:
        path: the file, in a directory that modules are imported from.
        directory: the custom model's directory, which its hooks are given.
        timeout: seconds that its import, with ``init``, and ``load_model`` may take each; None for any time.

    Raises:
        EngineStartError: it cannot be imported, or ``init`` failed; the traceback is in the log.
    """

    def __init__(self, path: Path, directory: Path, timeout: float | None) -> None:
        self._directory = directory
        self._timeout = timeout
        self._before = frozenset(threading.enumerate())
        self._attempt("its import", lambda: __import__(path.stem))
        module = sys.modules[path.stem]
        if hasattr(module, TASK):
            log.warning("custom.py: %s is not used here; its functions are", TASK)
        self._hooks = {name: hook for name in (INIT, LOAD_MODEL, *REQUESTS) if (hook := _hook(module, name))}
        if init := self._hooks.get(INIT):
            self._attempt(INIT, lambda: init(code_dir=str(directory)))

    @property
    def loads_model(self) -> bool:
        """Whether it has ``load_model``."""
        return LOAD_MODEL in self._hooks

    def load_model(self) -> object:
        """What ``load_model`` returns.

        Raises:
            EngineStartError: it failed: it raised, which is in the log, it did not come back or it returned None.
        """
        hook = self._hooks[LOAD_MODEL]
        model = self._attempt(LOAD_MODEL, lambda: hook(str(self._directory)))
        if model is None:
            raise EngineStartError(f"custom.py: {LOAD_MODEL} returned None, which means that it failed")
        return model

    def hooks(self, model: object) -> Hooks:
        """The hooks that take part in requests, around what ``load_model`` returned."""
        hooks = {name: hook for name in REQUESTS if (hook := self._hooks.get(name))}
        if lost := [thread.name for thread in threading.enumerate() if self._started(thread)]:
            log.warning(LOST, ", ".join(lost))
        return Hooks(**hooks, model=model)

    def _started(self, thread: threading.Thread) -> bool:
        """Whether the thread is custom.py's, and not the one in which tqdm watches over the bars of downloads."""
        return thread not in self._before and not type(thread).__module__.startswith("tqdm.")

    def _attempt(self, what: str, run: Callable[[], object]) -> object:
        try:
            with within(self._timeout):
                return _completed(run())
        except HookTimeoutError as error:
            log_traceback(what, error)
            reason = f"has not come back within {self._timeout:g} s (hook_timeout)"
            raise EngineStartError(f"custom.py: {what} {reason}") from None
        except BaseException as error:
            log_traceback(what, error)
            raise EngineStartError(f"custom.py: {what} failed: {_told(error)}") from None


def _hook(module: ModuleType, name: str) -> Hook | None:
    function = getattr(module, name, None)
    if function is None:
        return None
    if not callable(function):
        raise EngineStartError(f"custom.py: {name} is not a function")
    return Hook(name, function)


def _completed(result: object) -> object:
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def _told(error: BaseException) -> str:
    text = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    is_ours = isinstance(error, ImportError) and (error.name or "").startswith("datarobot_drum")
    return f"{text}; {PARTIAL}" if is_ours else text

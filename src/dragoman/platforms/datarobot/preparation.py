"""What happens before the engine is imported: custom.py runs, and DataRobot is told."""

import faulthandler
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from dragoman.engine import Report
from dragoman.errors import EngineStartError
from dragoman.platforms.datarobot.configuration import awaited
from dragoman.platforms.datarobot.configuration.custom_code import FROM_HOOK, LOAD_MODEL
from dragoman.platforms.datarobot.configuration.model_directory import FOLDER, is_filled, why_no_model
from dragoman.platforms.datarobot.hooks import cuda
from dragoman.platforms.datarobot.hooks.custom import Custom, custom_file
from dragoman.platforms.datarobot.hooks.hooks import keep
from dragoman.platforms.datarobot.hooks.surroundings import open_log, surroundings
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.sentinel import Sentinel
from dragoman.platforms.datarobot.status import COMPLETED, LAUNCHING, RUNNING, Status
from dragoman.process.plan import Plan
from dragoman.settings.checks import AWAITED

FLAG = "--model"


def prepared(plan: Plan, report: Report) -> Plan:
    """Runs custom.py's part of a start, once for all starts of the engine, and keeps its hooks for requests.

    Args:
        plan: what the doorman resolved.
        report: is told what runs.

    Returns:
        The plan with the model that ``load_model`` fetched, where that is to be the model.

    Raises:
        EngineStartError: custom.py failed, or there is no model after it.
    """
    options = Options.of(plan.dialect)
    directory = options.directory.resolve()
    Sentinel(directory).remove()
    status = Status(os.environ, options.verify_ssl)
    _run(directory, options.hook_timeout, report, status)
    plan = _with_model(plan, directory / FOLDER)
    _look_for_what_was_awaited(plan)
    status.enter(LAUNCHING)
    return plan


def _run(directory: Path, timeout: float | None, report: Report, status: Status) -> None:
    path = custom_file(directory)
    if path is None:
        status.begin(1)
        return
    open_log()
    # Compiled code that crashes takes the process with it: the log is to show where custom.py was.
    faulthandler.enable()
    with surroundings(path.parent, directory), cuda.untouched():
        report("importing custom.py")
        custom = Custom(path, directory, timeout)
        status.begin(3 if custom.loads_model else 1)
        model = _load(custom, report, status) if custom.loads_model else None
        keep(custom.hooks(model))


def _load(custom: Custom, report: Report, status: Status) -> object:
    report(f"running custom.py: {LOAD_MODEL}")
    status.enter(RUNNING)
    model = custom.load_model()
    status.enter(COMPLETED)
    return model


def _with_model(plan: Plan, directory: Path) -> Plan:
    """The plan with the directory as its model, where there is something in it and nothing stronger names another."""
    if plan.engine_url is not None or not plan.dialect.get(FROM_HOOK):
        return plan
    if is_filled(directory):
        if problem := why_no_model(directory):
            raise EngineStartError(f"custom.py: {LOAD_MODEL} has run, and {problem}")
        return replace(plan, engine_args=(FLAG, str(directory), *_without_model(plan.engine_args)))
    if FLAG not in plan.engine_args:
        cures = "have it save the model's files there, or set the runtime parameter model"
        raise EngineStartError(f"custom.py: {LOAD_MODEL} left nothing in {directory}, and no model is named: {cures}")
    return plan


def _look_for_what_was_awaited(plan: Plan) -> None:
    waiting = plan.dialect.get(AWAITED) or {}
    wanted = {name: named for name, named in waiting.items() if named[0] in plan.engine_args}
    if found := list(awaited.problems(wanted)):
        raise EngineStartError(f"custom.py: {LOAD_MODEL} has run, and {'; '.join(found)}")


def _without_model(engine_args: tuple[str, ...]) -> tuple[str, ...]:
    pairs = pairwise(("", *engine_args))
    return tuple(argument for before, argument in pairs if FLAG not in {before, argument})

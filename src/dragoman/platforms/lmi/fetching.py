"""Models on S3: they are downloaded, and the engine gets the directories."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from dragoman.engine import Report
from dragoman.errors import EngineStartError
from dragoman.platforms.lmi.configuration.adapter_files import adapters_in
from dragoman.platforms.lmi.configuration.download_directory import download_directory
from dragoman.process.plan import Plan
from dragoman.settings.catalogue import vllm_flags
from dragoman.settings.values import Value

SCHEME = "s3://"

MODEL = "--model"
DRAFT = "--speculative-config"
ADAPTERS = "--lora-modules"
RANK = "--max-lora-rank"
DIRECTORIES = frozenset({MODEL, "--tokenizer", "--hf-config-path", "--generation-config"})

Local = Callable[[str], str]


def fetched(plan: Plan, report: Report) -> Plan:
    """Downloads what the engine's arguments name on S3.

    As DJL Serving does: all under the prefix is downloaded, a directory from an earlier start is used again, and the
    model's adapters are the directories in its `adapters`.

    Args:
        plan: what the doorman resolved; of its dialect, `enable_lora` and `lora_modules` count.
        report: is told how far it is.

    Returns:
        The plan with directories in the place of URLs, and with the model's adapters where LoRA is enabled.

    Raises:
        EngineStartError: something cannot be downloaded.
    """
    if plan.engine_url is not None:
        return plan
    local = cache(lambda text: _download(text, report) if _is_remote(text) else text)
    engine_args = tuple(_localised(plan.engine_args, local))
    adapters = _adapters(plan, local) if plan.dialect.get("enable_lora") else []
    return _with_adapters(replace(plan, engine_args=engine_args), adapters)


def _is_remote(text: str) -> bool:
    return text.lower().startswith(SCHEME)


def _download(url: str, report: Report) -> str:
    from dragoman.platforms.lmi.downloads import downloaded

    return str(downloaded(url, download_directory(os.environ), report))


def _localised(engine_args: Sequence[str], local: Local) -> Iterator[str]:
    for flag, argument in pairwise(("", *engine_args)):
        if flag in DIRECTORIES:
            yield local(argument)
        elif flag == DRAFT:
            yield _localised_draft(argument, local)
        else:
            yield argument


def _localised_draft(text: str, local: Local) -> str:
    config = json.loads(text)
    model = config.get("model")
    return json.dumps({**config, "model": local(model)}) if isinstance(model, str) else text


def _adapters(plan: Plan, local: Local) -> list[Value]:
    """The adapters in a model's directory that has come from S3, but for names that the operator has given already."""
    values = dict(pairwise(plan.engine_args))
    if not _is_remote(values.get(MODEL, "")):
        return []
    taken = {module["name"] for module in plan.dialect.get("lora_modules") or ()}
    found = [adapter for adapter in adapters_in(Path(local(values[MODEL]))) if adapter.name not in taken]
    for adapter in found:
        if problem := adapter.problem(int(values.get(RANK, vllm_flags()["options"]["max_lora_rank"]["default"]))):
            raise EngineStartError(f"{values[MODEL]}: its adapter {adapter.name} {problem}")
    return [adapter.module for adapter in found]


def _with_adapters(plan: Plan, adapters: Sequence[Value]) -> Plan:
    """The plan with more adapters; vLLM's parser takes the last list of them only, so there is one."""
    if not adapters:
        return plan
    engine_args = list(plan.engine_args)
    if ADAPTERS not in engine_args:
        engine_args.append(ADAPTERS)
    place = engine_args.index(ADAPTERS) + 1
    engine_args[place:place] = map(json.dumps, adapters)
    modules = [*(plan.dialect.get("lora_modules") or ()), *adapters]
    return replace(plan, engine_args=tuple(engine_args), dialect={**plan.dialect, "lora_modules": modules})

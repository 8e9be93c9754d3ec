"""vLLM's own HTTP application around its own engine. The one module that imports vLLM."""

import asyncio
import logging.config
import os
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from types import SimpleNamespace

from fastapi import FastAPI
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.launchers.api_server.app_state import init_app_state
from vllm.entrypoints.launchers.app import build_app
from vllm.entrypoints.launchers.cli_args import make_arg_parser, propagate_flash_late_interaction
from vllm.entrypoints.launchers.launcher import validate_api_server_args
from vllm.entrypoints.launchers.utils.server_utils import get_uvicorn_log_config
from vllm.exceptions import VLLMValidationError
from vllm.logger import configure_logging_from_args
from vllm.model_executor.models.registry import ModelRegistry
from vllm.platforms import current_platform
from vllm.reasoning import ReasoningParserManager
from vllm.tool_parsers import ToolParserManager
from vllm.transformers_utils.config import get_config
from vllm.usage.usage_lib import UsageContext
from vllm.utils.argparse_utils import FlexibleArgumentParser
from vllm.utils.system_utils import decorate_logs, set_ulimit
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.output_processor import RequestOutputCollector

from dragoman.engine import Engine, Report

PULSE = 0.05
NO_PROMPT_LOGPROBS = "Log-probabilities of the prompt cannot be had while LoRA is enabled."
ENGINE_CORE = ("vllm.v1.engine.core", "vllm.v1.executor.uniproc_executor")
CPU_WORKER = ("vllm.v1.worker.cpu_worker", "vllm.v1.worker.cpu_model_runner")


class LlmClient(AsyncLLM):  # type: ignore[misc]  # vLLM is not type-checked here
    """vLLM's client of its EngineCore, without the requests that EngineCore does wrong or dies of."""

    async def add_request(
        self, request_id: str, prompt: object, params: object, *args: object, **options: object
    ) -> RequestOutputCollector:
        """Sends a request to EngineCore.

        Raises:
            VLLMValidationError: it asks for log-probabilities of the prompt while there may be adapters: vLLM takes one
                adapter for a sequence where it needs one for each token (vllm-project/vllm#16668), which is wrong on a
                GPU and fatal on a CPU.
        """
        if self.vllm_config.lora_config is not None and getattr(params, "prompt_logprobs", None) is not None:
            raise VLLMValidationError(NO_PROMPT_LOGPROBS, parameter="prompt_logprobs")
        return await super().add_request(request_id, prompt, params, *args, **options)


class VllmEngine:
    """A running vLLM engine and its application with all routes for the model's task."""

    def __init__(self, app: FastAPI, client: AsyncLLM, tasks: tuple[str, ...]) -> None:
        self.app = app
        self.tasks = frozenset(tasks)
        self._client = client

    def healthy(self) -> bool:
        """Whether EngineCore and the task that reads its output are alive."""
        return not self._client.errored

    async def death(self) -> str:
        """Returns when EngineCore has died; ``errored`` is all that vLLM's public interface tells of it."""
        while not self._client.errored:
            await asyncio.sleep(PULSE)
        return "EngineCore died"


class VllmSource:
    """Starts vLLM from a command line.

    Made in the preloader: it imports there what EngineCore, a fork of a fork, would import again for every start.

    Args:
        engine_args: what would stand behind ``vllm serve``.
    """

    def __init__(self, engine_args: tuple[str, ...]) -> None:
        self._engine_args = engine_args
        for module in (*ENGINE_CORE, *(CPU_WORKER if current_platform.is_cpu() else ())):
            import_module(module)

    def prepare(self, report: Report) -> None:
        """Parses, configures, and starts EngineCore, which loads the model."""
        report("configuring")
        decorate_logs("APIServer")
        set_ulimit()
        self._args = _parse(self._engine_args)
        configure_logging_from_args(self._args)
        if uvicorn_logging := get_uvicorn_log_config(self._args):
            logging.config.dictConfig(uvicorn_logging)
        _import_parsers(self._args)
        validate_api_server_args(self._args)
        if current_platform.is_cpu():
            _inspect_model(self._args)
        engine_args = AsyncEngineArgs.from_cli_args(self._args)
        propagate_flash_late_interaction(self._args, engine_args)
        config = _configure(engine_args)
        report("loading")
        self._client = LlmClient.from_vllm_config(
            config,
            usage_context=UsageContext.OPENAI_API_SERVER,
            enable_log_requests=engine_args.enable_log_requests,
            aggregate_engine_logging=engine_args.aggregate_engine_logging,
            disable_log_stats=engine_args.disable_log_stats,
        )

    @asynccontextmanager
    async def open(self, report: Report) -> AsyncIterator[Engine]:
        """Builds the application; EngineCore ends with the context."""
        report("building the application")
        client = self._client
        try:
            await client.reset_mm_cache()
            tasks = await client.get_supported_tasks()
            app = build_app(self._args, tasks, client.model_config)
            await init_app_state(client, app.state, self._args, tasks)
            # vLLM's error handler asks this server to exit when the engine is dead, and answers 500 without one.
            app.state.server = SimpleNamespace(should_exit=False)
            async with app.router.lifespan_context(app):
                yield VllmEngine(app, client, tasks)
        finally:
            # It takes the end of an engine that is shut down for the death of one, and shows a traceback.
            logging.getLogger("vllm.v1.engine.async_llm").setLevel(logging.CRITICAL)
            await asyncio.to_thread(client.shutdown)


def _parse(engine_args: tuple[str, ...]) -> Namespace:
    args: Namespace = make_arg_parser(FlexibleArgumentParser()).parse_args(list(engine_args))
    if args.model_tag:
        args.model = args.model_tag
    return args


def _import_parsers(args: Namespace) -> None:
    if args.tool_parser_plugin:
        ToolParserManager.import_tool_parser(args.tool_parser_plugin)
    if args.reasoning_parser_plugin:
        ReasoningParserManager.import_reasoning_parser(args.reasoning_parser_plugin)


def _inspect_model(args: Namespace) -> None:
    """Looks at the model's class in this process.

    vLLM would import itself once more, in another process, for a model that it has not seen on this machine. That
    keeps CUDA out of this one; on a CPU there is nothing to keep out.
    """
    config = get_config(
        args.hf_config_path or args.model,
        args.trust_remote_code,
        args.revision,
        args.code_revision,
        config_format=args.config_format,
    )
    for architecture in getattr(config, "architectures", None) or ():
        if architecture in ModelRegistry.models:
            ModelRegistry.register_model(architecture, ModelRegistry.models[architecture].load_model_cls())


def _configure(engine_args: AsyncEngineArgs) -> object:
    """The engine's configuration, made so that EngineCore is forked from this process, which has imported vLLM.

    vLLM's CPU platform sets ``spawn`` while it makes the configuration, and admits the in-process executor only
    where V1 multiprocessing is off; neither is asked about again for the way the engine is started here.
    """
    multiprocessing = os.environ.get("VLLM_ENABLE_V1_MULTIPROCESSING", "1")
    method = os.environ.get("VLLM_WORKER_MULTIPROC_METHOD", "fork")
    if current_platform.is_cpu() and engine_args.distributed_executor_backend in (None, "uni"):
        engine_args.distributed_executor_backend = "uni"
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    config = engine_args.create_engine_config(UsageContext.OPENAI_API_SERVER)
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = multiprocessing
    os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = method
    return config

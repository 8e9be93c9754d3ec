"""vLLM's own HTTP application around its own engine. The one module that imports vLLM."""

import asyncio
import logging
import os
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from types import SimpleNamespace

import aiohttp
import requests
from starlette.types import ASGIApp
from vllm.connections import HTTPConnection
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.launchers.api_server.app_state import init_app_state
from vllm.entrypoints.launchers.app import build_app
from vllm.entrypoints.launchers.cli_args import make_arg_parser, propagate_flash_late_interaction
from vllm.entrypoints.launchers.launcher import validate_api_server_args
from vllm.exceptions import VLLMValidationError
from vllm.logger import configure_logging_from_args
from vllm.model_executor.models.registry import ModelRegistry
from vllm.multimodal.media import MEDIA_CONNECTOR_REGISTRY, MediaConnector
from vllm.multimodal.media.base import MediaIO
from vllm.platforms import current_platform
from vllm.ray.ray_env import RAY_NON_CARRY_OVER_ENV_VARS
from vllm.reasoning import ReasoningParserManager
from vllm.tool_parsers import ToolParserManager
from vllm.transformers_utils.config import get_config
from vllm.usage.usage_lib import UsageContext
from vllm.utils.argparse_utils import FlexibleArgumentParser
from vllm.utils.platform_utils import cuda_is_initialized
from vllm.utils.system_utils import decorate_logs, set_ulimit
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.output_processor import RequestOutputCollector

from dragoman.engine import Engine, Report, cluster
from dragoman.engine.fetching import public_requests, public_session
from dragoman.engine.guard import urls
from dragoman.engine.milestones import STARTING
from dragoman.engine.rooted import rooted
from dragoman.process.plan import Plan
from dragoman.serving.entrance.limits import Limits
from dragoman.settings.processes import FORK, IN_PROCESS_VARIABLE, METHOD_VARIABLE, SPAWN
from dragoman.settings.ray_cluster import ADDRESS_VARIABLE, BACKENDS, RAY

PULSE = 0.05
MULTIPROCESSING = "VLLM_ENABLE_V1_MULTIPROCESSING"
# The name by which vLLM finds what fetches media.
PUBLIC = "public"
NO_PROMPT_LOGPROBS = "Log-probabilities of the prompt cannot be had while LoRA is enabled."
ENGINE_CORE = ("vllm.v1.engine.core", "vllm.v1.executor.uniproc_executor")
CPU_WORKER = ("vllm.v1.worker.cpu_worker", "vllm.v1.worker.cpu_model_runner")
CPU_KERNELS = "dragoman.engine.kernels"

log = logging.getLogger("dragoman")


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


class PublicConnection(HTTPConnection):  # type: ignore[misc]
    """vLLM's HTTP client, connected to public addresses only."""

    _sync_client: requests.Session | None
    _async_client: aiohttp.ClientSession | None

    def get_sync_client(self) -> requests.Session:
        """The client for threads."""
        self._sync_client = self._sync_client or public_requests()
        return self._sync_client

    async def get_async_client(self) -> aiohttp.ClientSession:
        """The client for the event loop."""
        self._async_client = self._async_client or public_session(partial(_refused, urls.PRIVATE))
        return self._async_client


@MEDIA_CONNECTOR_REGISTRY.register(PUBLIC)
class PublicMedia(MediaConnector):  # type: ignore[misc]
    """Fetches images and the like for requests: from public addresses, or from the hosts that the operator names."""

    _public = PublicConnection()

    def __init__(
        self,
        media_io_kwargs: dict[str, dict[str, object]] | None = None,
        *,
        allowed_local_media_path: str = "",
        allowed_media_domains: list[str] | None = None,
    ) -> None:
        super().__init__(
            media_io_kwargs,
            **({} if allowed_media_domains else {"connection": self._public}),
            allowed_local_media_path=allowed_local_media_path,
            allowed_media_domains=allowed_media_domains,
        )
        self._limits = Limits(
            allowed_media_domains=tuple(allowed_media_domains or ()), allowed_local_media_path=allowed_local_media_path
        )

    def load_from_url(self, url: str, media_io: MediaIO, **options: object) -> object:
        """What a URL leads to, as ``media_io`` reads it.

        Raises:
            VLLMValidationError: nothing may be fetched from there.
        """
        _check(url, self._limits)
        return super().load_from_url(url, media_io, **options)

    async def load_from_url_async(self, url: str, media_io: MediaIO, **options: object) -> object:
        """The same."""
        _check(url, self._limits)
        return await super().load_from_url_async(url, media_io, **options)


def _check(url: str, limits: Limits) -> None:
    if problem := urls.problem(url, limits):
        raise _refused(problem)


def _refused(problem: str) -> VLLMValidationError:
    return VLLMValidationError(problem, parameter="url")


class VllmEngine:
    """A running vLLM engine and its application with all routes for the model's task."""

    def __init__(self, app: ASGIApp, client: AsyncLLM, tasks: tuple[str, ...]) -> None:
        self.app = app
        self.tasks = frozenset(tasks)
        config = client.vllm_config
        self.slots: int = config.scheduler_config.max_num_seqs * config.parallel_config.data_parallel_size
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
        limits: what one request may ask for.
    """

    def __init__(self, limits: Limits) -> None:
        if not limits.allow_private_media:
            os.environ.setdefault("VLLM_MEDIA_CONNECTOR", PUBLIC)
        os.environ["VLLM_MEDIA_URL_ALLOW_REDIRECTS"] = str(int(limits.allow_media_redirects))
        if current_platform.is_cpu():
            # vLLM 0.32 keeps there, at each start, a compiled model that it cannot load at the next.
            os.environ.setdefault("VLLM_USE_AOT_COMPILE", "0")
        for module in (*ENGINE_CORE, *((*CPU_WORKER, CPU_KERNELS) if current_platform.is_cpu() else ())):
            import_module(module)

    def prepare(self, plan: Plan, report: Report) -> None:
        """Parses, configures, and starts EngineCore, which loads the model."""
        report("configuring")
        decorate_logs("APIServer")
        set_ulimit()
        self._args = _parse(plan.engine_args)
        configure_logging_from_args(self._args)
        _import_parsers(self._args)
        validate_api_server_args(self._args)
        _join_cluster(self._args)
        if current_platform.is_cpu():
            _inspect_model(self._args)
        engine_args = AsyncEngineArgs.from_cli_args(self._args)
        propagate_flash_late_interaction(self._args, engine_args)
        config = _configure(engine_args)
        report(STARTING)
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
                yield VllmEngine(rooted(app, self._args.root_path), client, tasks)
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


def _join_cluster(args: Namespace) -> None:
    """Makes sure that EngineCore finds the Ray cluster that it is to compute on, where there is to be one."""
    if _computes_on_ray(args):
        RAY_NON_CARRY_OVER_ENV_VARS.update(cluster.OF_THIS_MACHINE)
        cluster.await_head(os.environ.get(ADDRESS_VARIABLE))


def _computes_on_ray(args: Namespace | AsyncEngineArgs) -> bool:
    return any(getattr(args, name) == RAY for name in BACKENDS)


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
    """The engine's configuration, with processes started as the settings have it.

    vLLM's CPU platform sets ``spawn`` while it makes the configuration, and admits the in-process executor only
    where V1 multiprocessing is off; neither is asked about again for the way the engine is started here.
    """
    kept = {MULTIPROCESSING: os.environ.get(MULTIPROCESSING, "1"), METHOD_VARIABLE: _start_method()}
    if os.environ.get(IN_PROCESS_VARIABLE) == "true":
        engine_args.distributed_executor_backend = "uni"
        os.environ[MULTIPROCESSING] = "0"
    forked = kept[METHOD_VARIABLE] == FORK and not _computes_on_ray(engine_args)
    if engine_args.enforce_eager and current_platform.is_cpu() and forked:
        import_module(CPU_KERNELS).preferred(engine_args.kernel_config.ir_op_priority)
    config = engine_args.create_engine_config(UsageContext.OPENAI_API_SERVER)
    os.environ.update(kept)
    return config


def _start_method() -> str:
    """The start method of the settings, but for what only the running process knows."""
    method = os.environ.get(METHOD_VARIABLE, FORK)
    if method == FORK and cuda_is_initialized():
        log.warning("CUDA is in use in this process already, so EngineCore is spawned and imports vLLM once more")
        return SPAWN
    return method

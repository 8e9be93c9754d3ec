"""What follows from what has been set."""

from collections.abc import Iterator

from dragoman.platforms.runpod.configuration.load_balancing import has_queue
from dragoman.settings.plugins import has_plugins
from dragoman.settings.rules import WEAKEST, Change, Outcome, Remark
from dragoman.settings.view import View


def lora(view: View) -> Iterator[Outcome]:
    """Switch adapters on where some are named; RunPod's form says that they are off where nobody has touched it."""
    modules, enabled = view.settled("lora_modules"), view.settled("enable_lora")
    if modules is None or (enabled and enabled.value):
        return
    if enabled:
        yield Remark(f"{view.cite('enable_lora')} became true, because lora_modules is set ({modules.source})")
    rank = min(modules.rank, enabled.rank) if enabled else modules.rank
    yield Change("enable_lora", True, modules.source, rank)


def request_logs(view: View) -> Iterator[Outcome]:
    """Log requests where their outputs are to be logged, unless somebody said no."""
    outputs = view.settled("enable_log_outputs")
    if outputs and outputs.value and view.settled("enable_log_requests") is None:
        yield Change("enable_log_requests", True, outputs.source, outputs.rank)


def queue(view: View) -> Iterator[Outcome]:
    """Let as many requests wait for the engine as the worker takes jobs: one that is refused would be a failed job."""
    if has_queue(view.environment):
        asked = view.settled("max_concurrency")
        jobs = asked.value if asked else view.catalogue["max_concurrency"].default
        yield Change("max_queue", jobs, f"worker default on RunPod: max_concurrency {jobs}", WEAKEST)


def lmcache(view: View) -> Iterator[Outcome]:
    """Do without the hybrid KV cache manager, which LMCache cannot do with."""
    transfer = view.get("kv_transfer_config", {})
    connected = "lmcache" in str(transfer.get("kv_connector", "")).lower()
    name = "kv_transfer_config" if connected else "kv_offloading_backend"
    settled = view.settled(name)
    if settled and (connected or settled.value == "lmcache"):
        yield Change("disable_hybrid_kv_cache_manager", True, settled.source, settled.rank, modest=True)


def bitsandbytes(view: View) -> Iterator[Outcome]:
    """Quantize with bitsandbytes where weights are loaded so, if a plugin may know how."""
    loaded = view.settled("load_format")
    if loaded and loaded.value == "bitsandbytes" and has_plugins():
        yield Change("quantization", "bitsandbytes", loaded.source, loaded.rank, modest=True)


def model(view: View) -> Iterator[Outcome]:
    """Look for a model; without one vLLM would serve one of its own choice."""
    if view.get("model") is None and view.get("engine_url") is None:
        yield Remark("MODEL_NAME is not set: name a model on the hub or a directory, such as org/name", fatal=True)

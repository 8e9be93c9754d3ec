"""How many requests run and wait, how large they are, how much memory there is, and how long loading may take."""

from collections.abc import Iterator

from dragoman.platforms.lmi.configuration.conflicts import conflict
from dragoman.platforms.lmi.configuration.origins import DEFAULT
from dragoman.settings.rules import WEAKEST, Change, Outcome
from dragoman.settings.view import View

BATCH = "max_rolling_batch_size"
SEQUENCES = "max_num_seqs"
WAITING, QUEUE = "job_queue_size", "max_queue"
PAYLOAD, BODY = "max_request_size", "max_body_size"
MEMORY = "gpu_memory_utilization"
LOADING = "model_loading_timeout"
STARTING = "startup_timeout"
# LMI's documents promise these.
_SEQUENCES, _MEMORY = 256, 0.9


def sequences(view: View) -> Iterator[Outcome]:
    """Run as many requests at a time as were asked for, whatever the rolling batch is."""
    if asked := view.settled(BATCH):
        yield from conflict(view, BATCH, asked.value, SEQUENCES)
        yield Change(SEQUENCES, asked.value, asked.source, asked.rank, modest=True)
    elif view.settled(SEQUENCES) is None and view.get("engine_url") is None:
        # vLLM wants room for a token of each in its batch.
        tokens = view.get("max_num_batched_tokens")
        yield Change(SEQUENCES, min(_SEQUENCES, tokens) if tokens and tokens > 0 else _SEQUENCES, DEFAULT, WEAKEST)


def queue(view: View) -> Iterator[Outcome]:
    """Let as many requests wait for the engine as LMI's own routes let in."""
    asked = view.settled(WAITING)
    if asked:
        yield Change(QUEUE, asked.value, asked.source, asked.rank, modest=True)
    else:
        yield Change(QUEUE, view.catalogue[WAITING].default, DEFAULT, WEAKEST)


def bodies(view: View) -> Iterator[Outcome]:
    """Take bodies as large as LMI was to take."""
    if asked := view.settled(PAYLOAD):
        yield Change(BODY, asked.value, asked.source, asked.rank, modest=True)


def memory(view: View) -> Iterator[Outcome]:
    """Take the documented share of a GPU's memory, where there is a GPU and nothing else says how much."""
    given = any(view.get(name) is not None for name in (MEMORY, "kv_cache_memory_bytes", "engine_url"))
    if not given and view.gpus():
        yield Change(MEMORY, _MEMORY, DEFAULT, WEAKEST)


def loading(view: View) -> Iterator[Outcome]:
    """Give up where the model takes longer than LMI's image allows, or than was asked for."""
    if asked := view.settled(LOADING):
        yield Change(STARTING, asked.value, asked.source, asked.rank, modest=True)
    elif view.settled(STARTING) is None:
        yield Change(STARTING, view.catalogue[LOADING].default, DEFAULT, WEAKEST)


RULES = (sequences, queue, bodies, memory, loading)

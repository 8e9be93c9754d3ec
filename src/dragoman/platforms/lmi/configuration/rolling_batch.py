"""Rolling batch: today it only chooses the shapes of answers, as vLLM batches requests in any case."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.suggestions import closest
from dragoman.settings.view import View

NAME = "rolling_batch"
VLLM = "vllm"
DISABLE = "disable"
AUTO = "auto"
LMI_DIST = "lmi-dist"
ALLOWED = (VLLM, LMI_DIST, AUTO, DISABLE)
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "scheduler": "LMI has dropped its own scheduler",
        "deepspeed": "LMI has dropped DeepSpeed",
        "trtllm": "this worker has vLLM, not TensorRT-LLM",
        "neuron": "this worker has vLLM, not AWS Neuron",
    }
)


def names(view: View) -> Iterator[Outcome]:
    """Read what old files call vLLM's rolling batch, and refuse any other."""
    asked = view.settled(NAME)
    if asked is None or asked.value in (VLLM, DISABLE):
        return
    if asked.value not in ALLOWED:
        yield Remark(f"{view.cite(NAME)}: {_refusal(asked.value)}; there are {', '.join(ALLOWED)}", fatal=True)
        return
    yield Change(NAME, VLLM, asked.source, asked.rank)
    if asked.value == LMI_DIST:
        yield Remark(f"{view.cite(NAME)} became {VLLM}, as in LMI, which has dropped it")


def _refusal(value: str) -> str:
    guess = closest(value, ALLOWED)
    return _REASONS.get(value, f"did you mean {guess}?" if guess else "this is no rolling batch")


def batches(view: View) -> Iterator[Outcome]:
    """Switch rolling batch off where batches are to be collected, as LMI does; here nothing has to be collected."""
    size, rolling = view.settled("batch_size"), view.settled(NAME)
    if size is None or size.value == 1:
        return
    batching = "vLLM takes requests into its batch as they come"
    if rolling and rolling.value == VLLM:
        yield Change(NAME, DISABLE, size.source, min(size.rank, rolling.rank))
        yield Remark(f"{view.cite('batch_size')} switches {view.cite(NAME)} off, as in LMI; {batching}")
    else:
        yield Remark(f"{view.cite('batch_size')} is ignored: {batching}")
    if view.get("enable_streaming", "false") != "false":
        cited = view.cite("enable_streaming")
        yield Remark(f"{cited} cannot be had with {view.cite('batch_size')}: set batch_size=1", fatal=True)


def modes(view: View) -> Iterator[Outcome]:
    """Look for a mode that says the opposite of what rolling batch says."""
    asynchronous, rolling = view.get("async_mode"), view.get(NAME, DISABLE) == VLLM
    if asynchronous and rolling:
        yield Remark(f"{view.cite('async_mode')} contradicts {view.cite(NAME)}: set one of them", fatal=True)
    elif asynchronous is False and not rolling:
        yield Remark(f"{view.cite('async_mode')} is ignored: set {NAME}={VLLM} for the older shapes of answers")


RULES = (names, batches, modes)

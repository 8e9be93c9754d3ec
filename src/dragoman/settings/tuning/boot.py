"""What a boot profile is in vLLM's own options."""

from collections.abc import Iterator

from dragoman.machine import has_cpp_compiler
from dragoman.settings.footprint import Footprint
from dragoman.settings.rules import WEAKEST, Change, Outcome
from dragoman.settings.view import View

NAME = "boot_profile"
FAST, BALANCED, MAX = PROFILES = ("fast", "balanced", "max")
# Whoever sets one of these has decided what is compiled and captured.
DECIDING = (
    "enforce_eager",
    "compilation_config",
    "optimization_level",
    "cudagraph_capture_sizes",
    "max_cudagraph_capture_size",
)


def on_cpu(view: View, size: Footprint | None) -> Iterator[Outcome]:
    """Compile for the most throughput, and by default where the model is not a small one.

    torch.compile builds C++ for the CPU, and vLLM's start fails where there is no compiler. Where there is one, it
    takes longer than the whole start of a small model.
    """
    if _decided(view):
        return
    profile = view.get(NAME, BALANCED)
    if not has_cpp_compiler(view.environment):
        yield _default("enforce_eager", True, "worker default: no C++ compiler (g++) for torch.compile")
    elif profile == MAX:
        yield _default("enforce_eager", False, f"{NAME} {profile}: torch.compile costs time at each start")
    elif profile == FAST:
        yield _default("enforce_eager", True, f"{NAME} {profile}: torch.compile costs time at each start")
    elif size and size.is_small:
        reason = "torch.compile takes longer than the rest of so small a model's start"
        yield _default("enforce_eager", True, f"{NAME} {profile}: {reason}")


def on_gpus(view: View) -> Iterator[Outcome]:
    """Compile and capture nothing for the soonest start; ask for everything that vLLM has for the most throughput."""
    if _decided(view):
        return
    profile = view.get(NAME, BALANCED)
    if profile == FAST:
        yield _default("optimization_level", "0", f"{NAME} {profile}: no torch.compile, no CUDA graphs, no autotuning")
    elif profile == MAX:
        yield _default("optimization_level", "3", f"{NAME} {profile}: vLLM's highest level")
        if view.settled("performance_mode") is None:
            yield _default("performance_mode", "throughput", f"{NAME} {profile}: larger batches and CUDA graphs")


def _decided(view: View) -> bool:
    return any(view.settled(name) for name in DECIDING)


def _default(name: str, value: object, reason: str) -> Change:
    return Change(name, value, reason, WEAKEST)

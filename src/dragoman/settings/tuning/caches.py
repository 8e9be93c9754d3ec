"""Where vLLM keeps what it has compiled and measured, so that the next start finds it."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from dragoman.settings.assignments import Settled
from dragoman.settings.rules import WEAKEST, Change, Outcome
from dragoman.settings.view import View

ROOT = "vllm_cache_root"
PLAN = "startup_plan"
# The compilers that vLLM uses have directories of their own, which are below vLLM's unless they are elsewhere already.
COMPILERS = {"TORCHINDUCTOR_CACHE_DIR": "inductor", "TRITON_CACHE_DIR": "triton"}

# torch keeps precompiled headers with temporary files, which the worker removes: eight seconds at each start.
HEADERS = "TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS"


def root(view: View) -> Iterator[Outcome]:
    """Keep it where the user's programs keep such things, or with temporary files where nothing can be kept there.

    A platform with a volume that outlives the worker has set another place before.
    """
    if view.settled(ROOT):
        return
    environment = view.environment
    home = environment.get("XDG_CACHE_HOME") or os.path.join(environment.get("HOME") or "~", ".cache")
    # Unlike pathlib's, this leaves the name as it is for a user whom the machine does not know.
    directory = Path(os.path.expanduser(home)) / "vllm"
    if is_writable(directory):
        yield Change(ROOT, str(directory), "worker default: the user's cache directory", WEAKEST)
    else:
        other = Path(tempfile.gettempdir()) / f"vllm-{os.getuid()}"
        yield Change(ROOT, str(other), f"worker default: {directory} cannot be written", WEAKEST)


def startup_plan(view: View) -> Iterator[Outcome]:
    """Have vLLM keep how large a KV cache fits; it measures again where less memory is free than there was."""
    if view.settled(PLAN) is None:
        yield Change(PLAN, True, "worker default: the next start need not measure the memory again", WEAKEST)


def is_writable(directory: Path) -> bool:
    """Return whether files can be made in the directory, which need not be there yet but be absolute."""
    if not directory.is_absolute():
        return False
    place = next((path for path in (directory, *directory.parents) if path.exists()), Path("/"))
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def variables(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that say so to vLLM and to the compilers."""
    if ROOT in settled:
        directory = Path(settled[ROOT].value)
        yield "VLLM_CACHE_ROOT", str(directory)
        for name, folder in COMPILERS.items():
            if not environment.get(name):
                yield name, str(directory / folder)
        if not environment.get(HEADERS):
            yield HEADERS, "0"
    if PLAN in settled:
        yield "VLLM_ENABLE_STARTUP_PLAN", str(int(settled[PLAN].value))

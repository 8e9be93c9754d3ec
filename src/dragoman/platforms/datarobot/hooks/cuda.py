"""CUDA, which a forked process cannot use where the one that it was forked from has."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dragoman.errors import EngineStartError

# Has torch count GPUs without touching them; vLLM sets it too, when it is imported.
COUNT_ONLY = "PYTORCH_NVML_BASED_CUDA_CHECK"
USED = (
    "custom.py has used CUDA, and the engine, which is forked from this process, no longer can: leave the GPU alone "
    'in init and load_model (map_location="cpu" where torch loads something), and use it in a chat or score hook'
)


@contextmanager
def untouched() -> Iterator[None]:
    """Looks after the GPU while custom.py runs; its ``torch.cuda.is_available()`` does no harm.

    Raises:
        EngineStartError: what ran in the context has used CUDA.
    """
    os.environ[COUNT_ONLY] = "1"
    yield
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_initialized():
        raise EngineStartError(USED)

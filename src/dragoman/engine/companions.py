"""torch's companions (torchvision and the like) in builds that cannot be imported beside the torch that is there.

vLLM's CPU build asks for them without saying which build, and package indexes hold those for CUDA: after
``pip install dragoman[cpu]`` they break transformers' image processing, and with it every import of it, at
``operator torchvision::nms does not exist``. The locks leave them out.
"""

import sys
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import cast

COMPANIONS = ("torchvision", "torchaudio", "torchcodec")
CPU = "+cpu"


def hide_misfits() -> list[str]:
    """Have imports find none of the companions that are no CPU builds, where torch is one; returns their names."""
    if not version("torch").endswith(CPU):
        return []
    misfits = [name for name in COMPANIONS if _is_no_cpu_build(name)]
    # None is importlib's own mark for "not there", though its type does not say so.
    sys.modules.update(cast(dict[str, ModuleType], dict.fromkeys(misfits)))
    return misfits


def _is_no_cpu_build(name: str) -> bool:
    try:
        return not version(name).endswith(CPU)
    except PackageNotFoundError:
        return False

"""What a model can be put on: kinds of GPUs, the GPUs of this machine, or its memory."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dragoman import machine
from dragoman.errors import ConfigurationError
from dragoman.gpus import Gpu, list_gpus
from dragoman.settings.suggestions import closest
from dragoman.settings.tuning import memory_node

MIB, GIB = 2**20, 2**30
_PROCESSORS = Path("/proc/cpuinfo")
_NVIDIA_SMI_SECONDS = 10
# The memory in MiB that nvidia-smi tells of each kind, and its compute capability.
_KINDS: Mapping[str, tuple[int, float]] = MappingProxyType(
    {
        "T4": (15_360, 7.5),
        "V100-16G": (16_384, 7.0),
        "V100-32G": (32_768, 7.0),
        "RTX3090": (24_576, 8.6),
        "RTX4090": (24_564, 8.9),
        "RTX5090": (32_607, 12.0),
        "A10G": (23_028, 8.6),
        "A40": (46_068, 8.6),
        "A5000": (24_564, 8.6),
        "A6000": (49_140, 8.6),
        "A100-40G": (40_960, 8.0),
        "A100-80G": (81_920, 8.0),
        "L4": (23_034, 8.9),
        "L40": (46_068, 8.9),
        "L40S": (46_068, 8.9),
        "RTX6000-ADA": (49_140, 8.9),
        "RTXPRO6000": (97_887, 12.0),
        "H100": (81_559, 9.0),
        "H100-NVL": (95_830, 9.0),
        "GH200": (97_871, 9.0),
        "H200": (143_771, 9.0),
        "B200": (183_359, 10.0),
        "B300": (275_040, 10.3),
    }
)
# What people, clouds and nvidia-smi call some of them, as `_spelled` has it.
_ALSO = MappingProxyType(
    {
        **{name.replace("-", ""): name for name in _KINDS},
        "A100": "A100-80G",
        "RTXA5000": "A5000",
        "RTXA6000": "A6000",
        "V100": "V100-16G",
        "A10": "A10G",
        "3090": "RTX3090",
        "4090": "RTX4090",
        "5090": "RTX5090",
        "H10080G": "H100",
        "H200NVL": "H200",
        "H200141G": "H200",
        # This is the memory of its CPU.
        "GH200480G": "GH200",
    }
)
_SAID_BESIDE = re.compile(
    r"NVIDIA|TESLA|GEFORCE|SXM\d?|PCIE|HBM\d\w?|GENERATION|BLACKWELL|SERVER|WORKSTATION|MAX|Q|EDITION"
)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([MGT])i?B?", re.I)
_UNITS = MappingProxyType({"M": MIB, "G": GIB, "T": 1024 * GIB})


@dataclass(frozen=True, slots=True)
class Device:
    """One of the devices that a model is put on.

    Args:
        name: what it is called.
        memory: its bytes.
        free: those of them that nothing else uses.
        count: how many there are of it; a CPU counts once.
        is_gpu: whether it is one.
        capability: the compute capability of a GPU; 0 where it is not known.
        flags: what a CPU can do, as Linux calls it.
        is_limited: whether a container's limit leaves no more.
    """

    name: str
    memory: int
    free: int
    count: int = 1
    is_gpu: bool = True
    capability: float = 0.0
    flags: frozenset[str] = frozenset()
    is_limited: bool = False

    @property
    def has_bfloat16(self) -> bool:
        """Whether vLLM runs models in bfloat16 on it."""
        return not self.is_gpu or self.capability >= 8.0 or not self.capability


def of_kind(name: str, count: int) -> Device:
    """Return so many GPUs of a kind.

    Raises:
        ConfigurationError: there is no such kind.
    """
    spelled = _spelled(name)
    kind = _ALSO.get(spelled)
    if kind is None:
        raise ConfigurationError(f"--gpu-kind {name}: {_unknown(spelled)}; --gpu-memory 80G takes any size")
    memory, capability = _KINDS[kind]
    return Device(kind, memory * MIB, memory * MIB, count, capability=capability)


def larger_kinds(device: Device) -> Iterator[Device]:
    """Yield as many GPUs of each kind that has more memory, the smallest first."""
    for name, (memory, _) in sorted(_KINDS.items(), key=lambda kind: kind[1]):
        if memory * MIB > device.memory:
            yield of_kind(name, device.count)


def _spelled(name: str) -> str:
    """Return a kind's name without what is said beside it: `NVIDIA A100-SXM4-80GB` is A10080G."""
    words = [word for word in re.split(r"[\s_-]+", name.strip().upper()) if not _SAID_BESIDE.fullmatch(word)]
    return "".join(re.sub(r"(\d)GB$", r"\1G", word) for word in words)


def _unknown(spelled: str) -> str:
    near = closest(spelled, _KINDS)
    return f"did you mean {near}?" if near else f"choose one of {', '.join(_KINDS)}"


def of_size(size: str, count: int) -> Device:
    """Return so many GPUs with some memory, such as 80G.

    Raises:
        ConfigurationError: this is no size.
    """
    found = _SIZE.fullmatch(size.strip())
    if found is None or not float(found[1]):
        raise ConfigurationError(f"--gpu-memory {size}: write the size of one GPU, such as 80G")
    memory = int(float(found[1]) * _UNITS[found[2].upper()])
    return Device(f"{size} GPU", memory, memory, count)


def gpus_here(environment: Mapping[str, str], count: int) -> Device:
    """Return so many GPUs of this machine, the smallest of them as often as there are some.

    Raises:
        ConfigurationError: there are none of which anything is known.
    """
    listed = list_gpus(_NVIDIA_SMI_SECONDS) or ()
    found = [gpu for gpu in listed if gpu.total and _is_visible(gpu, environment)]
    if not found:
        raise ConfigurationError(
            "there is no NVIDIA GPU here that nvidia-smi tells of: say which you mean with --gpu-kind or --gpu-memory"
        )
    smallest = min(found, key=lambda each: each.total)
    return Device(smallest.name, smallest.total, smallest.free, count, capability=smallest.capability or 0.0)


def _is_visible(gpu: Gpu, environment: Mapping[str, str]) -> bool:
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    return visible is None or any(each.strip() in (gpu.index, gpu.uuid) for each in visible.split(","))


def cpu() -> Device:
    """Return this machine's memory, as far as vLLM would take it: that beside the first core."""
    memory = memory_node.beside_first_core(machine.memory())
    return Device(
        name="CPU",
        memory=memory.total,
        free=memory.available,
        is_gpu=False,
        flags=_flags(),
        is_limited=memory.limited,
    )


def _flags() -> frozenset[str]:
    try:
        lines = _PROCESSORS.read_text().splitlines()
    except OSError:
        return frozenset()
    found = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return frozenset(found.partition(":")[2].split())

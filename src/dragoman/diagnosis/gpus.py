"""NVIDIA's GPUs: the driver, the devices and what is left of their memory."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.diagnosis.checkout import checkout, elsewhere, installing
from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.installation import cuda_of_torch
from dragoman.diagnosis.nvidia import CAPABILITY, COMPLETE, OLDEST, driver_version
from dragoman.diagnosis.sources import directory
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import MIB, gib, listed
from dragoman.diagnosis.versions import is_older
from dragoman.gpus import TOOL, Gpu, list_gpus
from dragoman.settings.footprint import footprint
from dragoman.settings.tuning.cache_memory import VLLM_SHARE

# vLLM's own switch for NVIDIA's package of newer user-mode drivers.
COMPATIBILITY = "VLLM_ENABLE_CUDA_COMPATIBILITY"
VISIBLE = "CUDA_VISIBLE_DEVICES"
DRIVERS = "https://www.nvidia.com/drivers"
_USERS = "nvidia-smi --query-compute-apps=pid,used_memory,name --format=csv"
# Less than an examination may take.
_SECONDS = 4.0
# What a driver's own bookkeeping takes.
IDLE = 600 * MIB


@dataclass(frozen=True, slots=True)
class Graphics:
    """What there is of NVIDIA's.

    Args:
        driver: the version of the kernel's driver; None where none is loaded.
        nodes: how many GPUs' device files there are.
        listed: the GPUs that nvidia-smi lists; None where it does not work, or is not there.
        has_tool: whether nvidia-smi is there.
        counted: how many GPUs the worker would see.
        cuda: the CUDA version that torch was built for; None for a CPU build.
        build: the installed build of torch is there at all.
        weights: bytes of the model's weights; None where they are not known.
        checkout: where the program's installer is; None where it runs from no checkout.
    """

    driver: str | None
    nodes: int
    listed: tuple[Gpu, ...] | None
    has_tool: bool
    counted: int
    cuda: str | None
    build: bool
    weights: int | None
    checkout: Path | None = None

    @property
    def there(self) -> bool:
        """Whether this machine has a GPU, whatever the worker was told to see."""
        return self.nodes > 0 or bool(self.listed)


def look(subject: Subject) -> Graphics:
    """Ask the kernel's files, and nvidia-smi where it is there."""
    size = footprint(subject.view())
    return Graphics(
        driver=driver_version(subject.places.proc),
        nodes=len([path for path in subject.places.dev.glob("nvidia*") if path.name[6:].isdigit()]),
        listed=list_gpus(_SECONDS),
        has_tool=shutil.which(TOOL) is not None,
        counted=subject.gpus,
        cuda=cuda_of_torch(),
        build=directory("torch") is not None,
        weights=size.weights if size else None,
        checkout=checkout(),
    )


def build(subject: Subject, found: Graphics) -> Iterator[Finding]:
    """Whether the build of vLLM is that for this machine."""
    if not subject.has_engine or not found.build:
        yield fine("no engine computes here")
    elif found.there and found.cuda is None and subject.value("gpus") != 0:
        what = "there is an NVIDIA GPU, and the CPU build of vLLM is installed"
        why = f"The model would run on the CPU, many times slower.{elsewhere(found.checkout, 'gpu')}"
        yield problem(what, why, installing(found.checkout, "gpu", anew=True))
    elif found.cuda and not found.there:
        what = f"vLLM's build for CUDA {found.cuda} is installed, and there is no NVIDIA GPU"
        why = "It does not start without one. A container sees none unless it was started with --gpus all."
        yield problem(what, why + elsewhere(found.checkout, "cpu"), installing(found.checkout, "cpu", anew=True))
    else:
        yield fine(
            f"vLLM's build is for CUDA {found.cuda}"
            if found.cuda
            else "vLLM's build is for the CPU, as there is no GPU"
        )


def driver(subject: Subject, found: Graphics) -> Iterator[Finding]:
    """Whether the driver is new enough for the CUDA version of the installed torch."""
    if found.cuda is None or not found.there:
        yield fine("no driver of NVIDIA's is needed")
        return
    oldest, complete = OLDEST.get(int(found.cuda.split(".")[0])), COMPLETE.get(found.cuda)
    if found.driver is None or oldest is None:
        what = f"whether the driver ({found.driver or 'unknown'}) is new enough for CUDA {found.cuda} is not known"
        yield advice(what, "With one that is too old nothing runs on the GPU.", "nvidia-smi")
    elif is_older(found.driver, oldest) and subject.variables.get(COMPATIBILITY, "0") not in ("1", "true"):
        what = f"NVIDIA's driver {found.driver} is older than {oldest}, which CUDA {found.cuda} needs"
        why = f"Nothing runs on the GPU. {COMPATIBILITY}=1 helps on data-center GPUs where cuda-compat is installed."
        yield problem(what, why, f"sudo apt-get install --yes nvidia-driver-{oldest.split('.')[0]}  # or {DRIVERS}")
    elif complete and is_older(found.driver, complete):
        what = f"NVIDIA's driver {found.driver} is older than {complete}, which came with CUDA {found.cuda}"
        why = 'Kernels that are compiled when first used may fail: "compiled with an unsupported toolchain".'
        yield advice(what, why, f"sudo apt-get install --yes nvidia-driver-{complete.split('.')[0]}  # or {DRIVERS}")
    else:
        yield fine(f"NVIDIA's driver {found.driver} is new enough for CUDA {found.cuda}")


def devices(subject: Subject, found: Graphics) -> Iterator[Finding]:
    """Whether the machine's GPUs have come into the container, and nvidia-smi works."""
    if found.driver and not found.nodes and found.listed is None and subject.value("gpus") != 0:
        what = f"the kernel has NVIDIA's driver {found.driver}, and no GPU can be seen here"
        why = "The container was started without GPUs, or without NVIDIA's container toolkit."
        yield problem(what, why, "docker run --gpus all …")
    elif found.listed is None and (found.nodes or found.has_tool):
        state = "does not work" if found.has_tool else "is not there"
        why = "How much memory is left on the GPUs is not known, and the driver may not work at all."
        yield advice(f"{TOOL} {state}", why, "docker run --gpus all …" if not found.has_tool else TOOL)
    else:
        yield fine(
            f"GPUs: {listed([each.name for each in found.listed])}" if found.listed else "there is no NVIDIA GPU"
        )


def visible(subject: Subject, found: Graphics) -> Iterator[Finding]:
    """Whether CUDA_VISIBLE_DEVICES names GPUs that there are."""
    chosen = subject.environment.get(VISIBLE)
    if chosen is None or found.listed is None:
        yield fine(f"{VISIBLE} hides no GPU" if chosen is None else f"{VISIBLE} is {chosen}")
        return
    missing = [name for name in map(str.strip, chosen.split(",")) if name and not _names_one(name, found.listed)]
    if missing:
        what = f"{VISIBLE} names {listed(missing)}, and there is no such GPU"
        yield problem(what, "CUDA leaves out that GPU and all that come after it.", f"unset {VISIBLE}")
    elif not found.counted and found.listed:
        yield advice(f"{VISIBLE} hides every GPU", "The model does not run on them.", f"unset {VISIBLE}")
    else:
        yield fine(f"{VISIBLE} names GPUs that there are")


def idle(subject: Subject, found: Graphics) -> Iterator[Finding]:
    """Whether the parallel sizes use all GPUs."""
    wanted = subject.ranks * (subject.value("data_parallel_size") or 1)
    if subject.value("distributed_executor_backend") == "ray":
        yield fine("the parallel sizes count GPUs of a Ray cluster")
    elif found.counted > wanted and subject.has_engine and found.cuda:
        what = f"{found.counted - wanted} of {found.counted} GPUs stay idle"
        why = "One engine uses as many as its parallel sizes have; the rest could hold a larger KV cache."
        yield advice(what, why, subject.command("serve", "--tensor-parallel-size", str(_largest_power(found.counted))))
    elif wanted > found.counted >= subject.ranks and found.cuda and subject.value("nnodes") == 1:
        what = f"the parallel sizes need {wanted} GPUs, and there are {found.counted}"
        yield problem(
            what,
            "vLLM does not start.",
            subject.command("serve", "--tensor-parallel-size", str(_largest_power(found.counted))),
        )
    else:
        yield fine(
            f"the parallel sizes use {wanted} of {found.counted} GPUs" if found.counted else "no GPU is to be used"
        )


def memory(subject: Subject, found: Graphics) -> Iterator[Finding]:
    """Whether others leave as much of the GPUs' memory as vLLM wants."""
    share = subject.value("gpu_memory_utilization") or VLLM_SHARE
    short = [gpu for gpu in _used(subject, found) if gpu.total - gpu.used < gpu.total * share]
    for gpu in short:
        left = max(0.01, int(100 * (gpu.total - gpu.used) / gpu.total) / 100)
        what = f"GPU {gpu.index} has {gib(gpu.total - gpu.used)} of {gib(gpu.total)} left, and vLLM wants {share:.0%}"
        yield problem(what, f"It does not start. --gpu-memory-utilization {left} would fit beside the others.", _USERS)
    busy = [gpu for gpu in _used(subject, found) if gpu.used > IDLE and gpu not in short]
    for gpu in busy:
        what = f"others use {gib(gpu.used)} of GPU {gpu.index}'s memory"
        yield advice(what, "If they take more, one of the two runs out of memory.", _USERS)
    if not short and not busy:
        yield fine("nobody else uses the GPUs' memory")


def weights(subject: Subject, found: Graphics) -> Iterator[Finding]:
    """Whether the weights fit into the GPUs' memory."""
    gpus = _used(subject, found)[: subject.ranks]
    share = subject.value("gpu_memory_utilization") or VLLM_SHARE
    room = sum(gpu.total for gpu in gpus) * share
    if found.weights and gpus and found.weights > room:
        what = f"the weights take {gib(found.weights)}, and {len(gpus)} GPUs have room for {gib(room)}"
        why = "Loading ends with CUDA's out of memory."
        yield problem(what, why, subject.command("plan"))
    else:
        yield fine("the weights fit into the GPUs" if found.weights and gpus else "no weights to compare with GPUs")


def capability(subject: Subject, found: Graphics) -> Iterator[Finding]:
    """Whether the GPUs are new enough for the CUDA version of the installed torch."""
    least = CAPABILITY.get(int(found.cuda.split(".")[0])) if found.cuda else None
    old = [gpu for gpu in found.listed or () if least and gpu.capability is not None and gpu.capability < least]
    for gpu in old:
        what = (
            f"GPU {gpu.index}, {gpu.name}, has compute capability {gpu.capability}, and CUDA {found.cuda} needs {least}"
        )
        others = [each.index for each in found.listed or () if each not in old]
        yield problem(what, "There is no code for it in vLLM's build.", f"export {VISIBLE}={','.join(others)}")
    if not old:
        yield fine("every GPU is new enough" if found.listed else "there is no GPU that could be too old")


def _used(subject: Subject, found: Graphics) -> list[Gpu]:
    """The GPUs that the worker would use."""
    if found.cuda is None or not found.counted or not subject.has_engine:
        return []
    gpus = list(found.listed or ())
    chosen = subject.environment.get(VISIBLE)
    if chosen is None:
        return gpus
    return [gpu for name in chosen.split(",") for gpu in gpus if _names_one(name.strip(), [gpu])]


def _names_one(name: str, gpus: Sequence[Gpu]) -> bool:
    """Whether a name is a GPU's number, UUID or the beginning of that; MIG's names are taken as they are."""
    return name.startswith(("MIG-", "-")) or any(
        name == gpu.index or (name.startswith("GPU-") and gpu.uuid.startswith(name)) for gpu in gpus
    )


def _largest_power(count: int) -> int:
    """The largest power of two that is not more than a count: degrees have to divide a model's heads."""
    return 1 << (count.bit_length() - 1)


TOPIC = Topic(
    "the GPUs",
    look,
    (
        Check("build", "A GPU with the CPU build of vLLM, or the CUDA build without a GPU.", build),
        Check("driver", "NVIDIA's driver against the CUDA version of the installed torch.", driver),
        Check(
            "devices",
            "A driver without devices (a container without `--gpus`), nvidia-smi that does not work.",
            devices,
        ),
        Check("visible-devices", "`CUDA_VISIBLE_DEVICES` with GPUs that there are not, or none.", visible),
        Check("gpu-count", "GPUs against the parallel sizes.", idle),
        Check("gpu-memory", "What others leave of the GPUs' memory, against what vLLM wants.", memory),
        Check("gpu-weights", "Whether the weights fit into the GPUs.", weights),
        Check("gpu-capability", "GPUs that are too old for the installed build.", capability),
    ),
)

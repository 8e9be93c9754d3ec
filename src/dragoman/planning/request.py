"""What a command line of `dragoman plan` asks: the model, the devices, and settings like those of a worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.errors import ConfigurationError
from dragoman.machine import count_gpus
from dragoman.planning.devices import Device, cpu, gpus_here, of_kind, of_size
from dragoman.planning.material import CONFIGURATION, HEADED
from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution

KIND, SIZE, JSON = "--gpu-kind", "--gpu-memory", "--json"
_MODEL, _GPUS = "--model", "--gpus"


@dataclass(frozen=True)
class Request:
    """What was asked.

    Args:
        arguments: the worker's, without those that only plan has.
        kind: a kind of GPUs; None where none was named.
        size: the memory of one GPU, such as 80G; None where none was named.
        header: a safetensors file that stands for itself; None where a model was named.
        as_json: whether a program reads the answer.
    """

    arguments: tuple[str, ...]
    kind: str | None
    size: str | None
    header: Path | None
    as_json: bool


def request(arguments: Sequence[str]) -> Request:
    """Return what was asked.

    Raises:
        ConfigurationError: an option has no value, or two of them contradict each other.
    """
    rest = [argument for argument in arguments if argument != JSON]
    kind, size = _taken(KIND, rest), _taken(SIZE, rest)
    if kind and size:
        raise ConfigurationError(f"{KIND} and {SIZE} say the same thing: choose one of them")
    header = _without_file(rest)
    return Request(tuple(rest), kind, size, header, JSON in arguments)


def _taken(option: str, arguments: list[str]) -> str | None:
    """Take an option out of the arguments, and return its value; None where it is not there."""
    value = None
    while (
        place := next((i for i, each in enumerate(arguments) if each.partition("=")[0] == option), None)
    ) is not None:
        _, equals, value = arguments.pop(place).partition("=")
        if not equals:
            value = arguments.pop(place) if place < len(arguments) else ""
        if not value or value.startswith("-"):
            raise ConfigurationError(f"{option} has no value")
    return value


def _without_file(arguments: list[str]) -> Path | None:
    """Have a safetensors file's directory stand for it; where that holds no model, take the file out and return it."""
    for place, argument in enumerate(arguments):
        flag, equals, named = argument.partition("=") if argument.startswith(f"{_MODEL}=") else ("", "", argument)
        path = Path(named)
        if not named.endswith(HEADED) or not path.is_file():
            continue
        if (path.parent / CONFIGURATION).is_file():
            arguments[place] = f"{flag}{equals}{path.parent}"
            return None
        begins = place - 1 if place and arguments[place - 1] == _MODEL else place
        del arguments[begins : place + 1]
        return path
    return None


def resolved(asked: Request, environment: Mapping[str, str]) -> Resolution:
    """Return the settings of such a worker, or their errors; one GPU is meant where only its kind or size is said."""
    found = resolve(asked.arguments, environment)
    if (asked.kind or asked.size) and found.value("gpus") is None and not found.errors:
        return resolve((*asked.arguments, _GPUS, "1"), environment)
    return found


def device(asked: Request, resolution: Resolution, environment: Mapping[str, str]) -> Device:
    """Return what the model is to be put on.

    Raises:
        ConfigurationError: it is not known what that is.
    """
    given = resolution.value("gpus")
    gpus = count_gpus(environment) if given is None else given
    if asked.kind or asked.size:
        if gpus < 1:
            raise ConfigurationError(f"{_GPUS} {gpus} leaves no GPU of those that were named")
        return of_kind(asked.kind, gpus) if asked.kind else of_size(str(asked.size), gpus)
    return gpus_here(environment, gpus) if gpus else cpu()

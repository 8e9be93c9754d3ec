"""A plan: what a model is, whether it fits, what would make it fit, and how long its start takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dragoman.downloads.repositories import repositories
from dragoman.errors import ConfigurationError
from dragoman.planning import geometry as geometries
from dragoman.planning.boot import Forecast, forecast
from dragoman.planning.configuration import Configuration, UntoldError, model_types
from dragoman.planning.devices import Device
from dragoman.planning.engine import Engine, engine
from dragoman.planning.fitting import Case, Fit, Remedy, best, remedies
from dragoman.planning.geometry import Geometry
from dragoman.planning.material import Material, in_directory, in_file
from dragoman.planning.request import Request, device
from dragoman.planning.suggestions import Suggestion, suggestions, wanted
from dragoman.planning.weights import Weights, weights
from dragoman.settings.resolution import Resolution
from dragoman.settings.secrets import mask_inside

# What takes memory as well and is not counted.
_UNCOUNTED = {
    "speculative_config": "the model that guesses ahead",
    "enable_lora": "adapters",
    "cpu_offload_gb": "weights that are kept in the machine's memory",
    "kv_offloading_size": "the cache in the machine's memory",
}
_UNTYPED = "config.json does not say of which type the model is"


@dataclass(frozen=True)
class Plan:
    """What was found out.

    Args:
        material: the model's files, as far as they tell.
        configuration: its config.json.
        resolution: the settings.
        geometry: what the model keeps; None where that is not known.
        unknown: why that is not known.
        fit: how it fits.
        remedies: what would make it fit.
        suggestions: what to set.
        forecast: how long a start takes.
        notes: what else is to be said.
    """

    material: Material
    configuration: Configuration
    resolution: Resolution
    geometry: Geometry | None
    unknown: str | None
    fit: Fit
    remedies: tuple[Remedy, ...]
    suggestions: tuple[Suggestion, ...]
    forecast: Forecast
    notes: tuple[str, ...]

    @property
    def engine(self) -> Engine:
        """The settings, as vLLM will have them."""
        return self.fit.case.engine

    @property
    def device(self) -> Device:
        """What the model is put on."""
        return self.fit.case.device

    @property
    def weights(self) -> Weights:
        """What the model's weights take."""
        return self.fit.case.weights


def material(asked: Request, resolution: Resolution, environment: Mapping[str, str]) -> Material:
    """Return what the model's files tell, from this machine or else from the hub.

    Raises:
        ConfigurationError: the model cannot be had, or tells nothing.
    """
    if asked.header is not None:
        return in_file(asked.header)
    name = resolution.value("model")
    repository = next(repositories(resolution.engine_args, environment), None)
    if repository is None or repository.load_format is None:
        raise ConfigurationError(f"load_format {resolution.value('load_format')}: plan reads safetensors only")
    directory = repository.local()
    if directory is not None:
        return in_directory(name, directory, repository.files(directory))
    if not repository.on_hub:
        shown = mask_inside(name)
        raise ConfigurationError(f"{shown}: plan reads directories, safetensors files and models on the hub")
    from dragoman.planning.hub import on_hub

    return on_hub(repository)


def plan(asked: Request, resolution: Resolution, environment: Mapping[str, str]) -> Plan:
    """Return what was found out.

    Raises:
        ConfigurationError: the model cannot be had, or it is not known on what it is to be put.
    """
    put_on = device(asked, resolution, environment)
    found = material(asked, resolution, environment)
    configuration = _configuration(found, resolution)
    geometry, unknown = _geometry(found, configuration)
    case = _case(found, configuration, geometry, put_on, resolution, environment)
    try:
        fit = best(case)
    except UntoldError as reason:
        unknown, case = str(reason), _without_geometry(case)
        fit = best(case)
    mending = () if fit.fits is not False else tuple(remedies(fit))
    made = case.engine
    return Plan(
        material=found,
        configuration=configuration,
        resolution=resolution,
        geometry=case.geometry,
        unknown=unknown,
        fit=fit,
        remedies=mending,
        suggestions=tuple(suggestions(wanted(found.name, resolution, fit, mending), resolution)),
        forecast=forecast(
            resolution,
            environment,
            files=found.files or None,
            to_download=found.to_download,
            is_eager=made.is_eager,
            is_gpu=put_on.is_gpu,
        ),
        notes=(*found.notes, *_notes(resolution, case.geometry, configuration.model_type)),
    )


def _configuration(found: Material, resolution: Resolution) -> Configuration:
    overrides = resolution.value("hf_overrides")
    configuration = Configuration(found.config or {})
    return configuration.overridden(overrides) if isinstance(overrides, dict) else configuration


def _geometry(found: Material, configuration: Configuration) -> tuple[Geometry | None, str | None]:
    if found.config is None:
        return None, "there is no config.json"
    try:
        return geometries.geometry(configuration), None
    except ValueError as reason:
        return None, str(reason)
    except (ArithmeticError, LookupError, TypeError, AttributeError):
        return None, "config.json contradicts itself"


def _case(
    found: Material,
    configuration: Configuration,
    geometry: Geometry | None,
    put_on: Device,
    resolution: Resolution,
    environment: Mapping[str, str],
) -> Case:
    try:
        made = engine(resolution, found, configuration, geometry, put_on, environment)
    except ValueError as reason:
        raise ConfigurationError(f"{mask_inside(found.name)}: {reason}") from reason
    if found.tensors:
        tensors, quantization = found.tensors, made.quantization
        taken = weights(tensors, configuration, made.terms.dtype, quantization, drafts=made.drafts)
    else:
        taken = Weights(None, found.files or None, found.files or None)
    return Case(configuration, geometry, taken, made, put_on)


def _without_geometry(case: Case) -> Case:
    return Case(case.configuration, None, case.weights, case.engine, case.device)


def _notes(resolution: Resolution, geometry: Geometry | None, model_type: str) -> Iterator[str]:
    uncounted: Sequence[str] = [words for name, words in _UNCOUNTED.items() if resolution.value(name)]
    if uncounted:
        yield f"not counted: {', '.join(uncounted)}"
    if geometry is not None and model_type not in model_types():
        unknown = f"models of the type {model_type!r} are not known here" if model_type else _UNTYPED
        yield f"{unknown}; it is taken for one with attention in each layer"

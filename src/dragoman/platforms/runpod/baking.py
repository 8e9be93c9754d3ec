"""What an image's build says of the model that comes into it, and where the worker in the image finds it.

The build of RunPod's own worker has the same variables, the same directory and the same file.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from dragoman.downloads.whole_files import write_whole
from dragoman.platforms.runpod.configuration import baked
from dragoman.platforms.runpod.configuration.baked import SERVED_NAME
from dragoman.platforms.runpod.configuration.inherited import INHERITED
from dragoman.platforms.runpod.configuration.model_cache import HUB
from dragoman.platforms.runpod.configuration.zeros import without_zeros
from dragoman.platforms.runpod.settings import RAW_ARGUMENTS, config_file
from dragoman.settings.assignments import Reading, Settled, Source
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.sources import ConfigFile, Defaults, RawArguments, Variables
from dragoman.settings.values import Value

_VARIABLES = MappingProxyType(
    {
        "model": "MODEL_NAME",
        "revision": "MODEL_REVISION",
        "tokenizer": "TOKENIZER_NAME",
        "tokenizer_revision": "TOKENIZER_REVISION",
        "quantization": "QUANTIZATION",
        "lora_modules": "LORA_MODULES",
        "speculative_config": "SPECULATIVE_CONFIG",
    }
)


@dataclass(frozen=True, slots=True)
class _Part:
    """What a source says of some settings only."""

    source: Source
    names: Collection[str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the source."""
        reading = self.source.read(catalogue, above)
        return replace(reading, assignments=tuple(each for each in reading.assignments if each.name in self.names))


def sources(environment: Mapping[str, str], names: Collection[str]) -> Sequence[Source]:
    """Return where the worker will find its settings but for its command line and the model in the image.

    Args:
        environment: that of the build.
        names: the settings that matter now; what is wrong with the others is said when the worker starts.
    """
    every = (
        RawArguments(RAW_ARGUMENTS, environment),
        Variables(without_zeros(environment), others=[RAW_ARGUMENTS, *INHERITED]),
        Defaults(config_file),
        ConfigFile(),
    )
    return [_Part(source, {*names, "config"}) for source in every]


def hub(base: Path) -> Path:
    """Return huggingface_hub's cache in the directory that BASE_PATH names."""
    return base / HUB


def record(values: Mapping[str, Value], served_name: str) -> Path:
    """Write the file that has a worker on RunPod serve the model in its image, above all variables.

    Args:
        values: what is in the image, by the names of settings; those without a value are left out.
        served_name: what clients call the model.

    Returns:
        The file.

    Raises:
        OSError: it cannot be written.
    """
    held = {variable: values[name] for name, variable in _VARIABLES.items() if values.get(name)}
    held[SERVED_NAME] = served_name
    try:
        write_whole(baked.ARGUMENTS, (json.dumps(held, indent=2) + "\n").encode())
    except OSError as error:
        # Rather than the one that would have taken its place.
        error.filename = str(baked.ARGUMENTS)
        raise
    return baked.ARGUMENTS

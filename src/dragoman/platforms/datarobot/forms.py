"""What is written for DataRobot: a model's metadata, the drop-in environment, and the tables of docs/datarobot.md."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import yaml

from dragoman.forms.fields import field_of
from dragoman.forms.files import Document
from dragoman.platforms.datarobot import image
from dragoman.platforms.datarobot.configuration import metadata
from dragoman.platforms.datarobot.configuration.payloads import BOOLEAN, CREDENTIAL, NUMERIC
from dragoman.platforms.datarobot.configuration.runtime_parameters import parameters
from dragoman.platforms.datarobot.configuration.target import TEXT_GENERATION
from dragoman.platforms.datarobot.documented import PARAMETERS, what_happens
from dragoman.platforms.datarobot.options import DEPLOYED
from dragoman.settings.catalogue import Catalogue, Setting

# The texts of vLLM's own settings are about a command line.
DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "model": (
            "The model: a Hugging Face repository, or a directory. Not needed where load_model of custom.py brings it "
            "or its files are in the folder vllm."
        ),
        "max_model_len": "The model's context length in tokens, such as 4096 or 8k; the model's own unless set.",
        "gpu_memory_utilization": "The part of a GPU's memory that the model may have, such as 0.5; 0.9 unless set.",
        "trust_remote_code": "Run code that comes with the model from Hugging Face.",
        "served_model_name": f"The name by which clients ask for the model; {DEPLOYED} unless set.",
    }
)
NUMBERS = frozenset({"int", "float"})

_LIVE = ("engine", "worker")
_HEAD = "# All runtime parameters that there are. Written by `dragoman forms`; keep those that you need.\n"


def documents(catalogue: Catalogue) -> Iterator[Document]:
    """Yield the files that DataRobot reads, from the catalogue of this platform's settings."""
    content = yaml.safe_dump(model_metadata(catalogue), sort_keys=False, allow_unicode=True, width=110)
    yield Document(metadata.FILE, _HEAD + content)
    for name, text in image.files().items():
        yield Document(f"{image.FOLDER}/{name}", text)
    yield Document("docs/datarobot.md", what_happens(catalogue), part="settings")


def model_metadata(catalogue: Catalogue) -> dict[str, Any]:
    """Return model-metadata.yaml of a model that has every runtime parameter there is."""
    known = parameters(catalogue)
    live = [name for names in PARAMETERS.values() for name in names if known[name].use in _LIVE]
    return {
        "name": "Language model",
        "type": "inference",
        "targetType": TEXT_GENERATION,
        metadata.DEFINITIONS: [definition(name, known[name]) for name in live],
    }


def definition(name: str, setting: Setting) -> dict[str, Any]:
    """Return how a runtime parameter is defined. Whoever leaves it alone changes nothing."""
    field, kind = field_of(setting, name), type_of(setting)
    entry: dict[str, Any] = {"fieldName": name, "type": kind}
    if kind == CREDENTIAL:
        entry["credentialType"] = "api_token"
    elif field.value != "":
        entry["defaultValue"] = field.value
    limits = {"minValue": field.minimum, "maxValue": field.maximum} if kind == NUMERIC else {}
    entry |= {key: limit for key, limit in limits.items() if limit is not None}
    return {**entry, "description": DESCRIPTIONS.get(name) or field.description}


def type_of(setting: Setting) -> str:
    """Return the type of the parameter that sets a setting."""
    if setting.secret:
        return CREDENTIAL
    if setting.type == "bool":
        return BOOLEAN
    return NUMERIC if setting.type in NUMBERS else "string"

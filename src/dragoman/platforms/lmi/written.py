"""A configuration written as serving.properties, and as variables of the container what the file cannot hold."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import javaproperties

from dragoman.platforms.lmi.configuration import limits, parallelism
from dragoman.platforms.lmi.configuration.keys import OPTION_KEY, setting_for
from dragoman.platforms.lmi.configuration.properties import FILE
from dragoman.platforms.lmi.configuration.server_settings import IDENTITY
from dragoman.platforms.lmi.configuration.variables import own, property_of
from dragoman.platforms.lmi.documented import TOPICS
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.secrets import MASK
from dragoman.settings.values import Value
from dragoman.written.spellings import Property, Spelling, raw_flag, text, variable
from dragoman.written.target import (
    ADDRESS,
    KEY,
    TLS,
    TOKEN,
    Draft,
    File,
    Held,
    Target,
    comments,
    document,
    properties,
    variables,
)

# LMI's own settings that become one that every platform has.
BECOME: Mapping[str, str] = MappingProxyType(
    {
        parallelism.DEGREE: "tensor_parallel_size",
        limits.BATCH: limits.SEQUENCES,
        limits.WAITING: limits.QUEUE,
        limits.PAYLOAD: limits.BODY,
        limits.LOADING: limits.STARTING,
    }
)
# LMI allows one stage only; vLLM's flag may ask for more.
_ONE_STAGE = "pipeline_parallel_size"

_PORT = "SageMaker calls the container at port 8080, without TLS"
_ROUTES = "it shapes what LMI's own routes answer, and only LMI has them"
_TIMES = "it limits LMI's own routes; request_timeout is the nearest to it"
_ENGINE = "only DJL Serving has several engines, workers and batches"
_SESSIONS = "only LMI has sessions"
OWN: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("rolling_batch", "async_mode", "output_formatter", "tgi_compat", "bedrock_compat"), _ROUTES),
        **dict.fromkeys(("normalize", "allow_multi_status", "bad_request_http_code"), _ROUTES),
        **dict.fromkeys(("wlm_error_http_code", "timeout_http_code", "server_error_http_code"), _ROUTES),
        **dict.fromkeys(("predict_timeout", "chunked_read_timeout"), _TIMES),
        **dict.fromkeys(("engine", "batch_size", "min_workers", "max_workers"), _ENGINE),
        **dict.fromkeys(("enable_stateful_sessions", "sessions_expiration"), _SESSIONS),
        "lmcache_config_file": "LMCache reads the variable LMCACHE_CONFIG_FILE: set it to the file's path there",
        "env": "its variables may be secret: set them yourself",
    }
)


def spellings(setting: Setting, value: Value, catalogue: Catalogue) -> Iterator[Spelling]:
    """Yield the property, by the name that LMI's documents have for it, then the variables, and then the flag."""
    if key := _key(setting, value, catalogue):
        yield Property(key, text(setting, value))
    for name in own(dict.fromkeys(setting.variables, "")):
        yield from variable(name, text(setting, value))
    yield from raw_flag(setting, value)


def _key(setting: Setting, value: Value, catalogue: Catalogue) -> str | None:
    """Return the key that sets it, or one that becomes it; None where no key can."""
    if setting.name == _ONE_STAGE and value != 1:
        return None
    names = [name for name, becomes in BECOME.items() if becomes == setting.name] or [setting.name]
    keys = (key for keys in TOPICS.values() for key in keys)
    documented = next((key for key in keys if setting_for(key, catalogue) in names), None)
    return documented or next(_plain_keys(setting, catalogue), None)


def _plain_keys(setting: Setting, catalogue: Catalogue) -> Iterator[str]:
    """Yield the keys of the same name."""
    for key in (OPTION_KEY + setting.name, *map(property_of, setting.variables)):
        if key and setting_for(key, catalogue) == setting.name:
            yield key


def held(spellings: Sequence[Spelling]) -> Held:
    """Return the file, and the container's variables."""
    return Held(variables=variables(spellings), files={FILE: document(_lines(spellings))})


def files(draft: Draft) -> list[File]:
    """Return the file; what it cannot hold is in its comments."""
    said = {**variables(draft.spellings), **dict.fromkeys(draft.secrets, MASK)}
    outside = [f"{name}={value}" for name, value in said.items()]
    place = ["Variables of the container, which this file cannot hold:"] if outside else []
    return [File(FILE, document([*comments(*draft.notes, *place, *outside), *_lines(draft.spellings)]))]


def _lines(spellings: Sequence[Spelling]) -> list[str]:
    return [javaproperties.join_key_value(key, value, separator="=") for key, value in properties(spellings).items()]


TARGET = Target(
    name="lmi",
    platform="lmi",
    spellings=spellings,
    held=held,
    files=files,
    secrets=dict.fromkeys((TOKEN, KEY), "set it as a variable of the container, in SageMaker's Environment"),
    directory="--model-dir",
    place=dict.fromkeys((*ADDRESS, *TLS), _PORT),
    own=OWN,
    derived=frozenset(setting.name for setting in IDENTITY),
    successors=BECOME,
)

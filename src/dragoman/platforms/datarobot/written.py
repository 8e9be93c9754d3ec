"""A configuration written as engine_config.json, and as runtime parameters what that cannot hold."""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from dragoman.platforms.datarobot.configuration import engine_config, payloads, values_file
from dragoman.platforms.datarobot.configuration.api_key import NAME as API_KEY
from dragoman.platforms.datarobot.configuration.entries import PARAMETER, parameters_of
from dragoman.platforms.datarobot.configuration.payloads import Payload
from dragoman.platforms.datarobot.configuration.platform_variables import NAMES
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.checks import AWAITED
from dragoman.settings.secrets import MASK
from dragoman.settings.values import Value
from dragoman.settings.worker import PREFIX
from dragoman.written.spellings import Flag, Spelling, Variable, flat, raw_flag, text, tokens, variable
from dragoman.written.target import ADDRESS, TLS, TOKEN, Draft, File, Held, Target, comments, document, variables

PARAMETERS = "runtime-parameters.env"
CREDENTIAL = "HuggingFaceToken"

_HOW = (
    f"Runtime parameters, as a container has them. In DataRobot, what follows {PARAMETER} is a parameter's name, and "
    "behind it are type and value; each other line is a parameter of that name and of type string."
)
_PORT = "DataRobot calls the container at port 8080, without TLS"
_KEYS = "calls come from DataRobot, which checks its own keys"
_ROWS = "only DataRobot's predictions have rows and a target"
_CODE = "custom.py runs on DataRobot only"
OWN: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("target_name", "target_type", "deployment_config", "system_prompt"), _ROWS),
        **dict.fromkeys(("prompt_column_name", "max_tokens", "n", "temperature", "concurrent_rows"), _ROWS),
        "url_prefix": "only DRUM's routes have it; root_path is the nearest to it",
        "direct_access_timeout": "only DataRobot has such routes; request_timeout is the nearest to it",
        "default_parallelism": "tensor_parallel_size and pipeline_parallel_size say how GPUs are used",
        "verify_ssl": "only DataRobot is told how the start goes on",
        "hook_timeout": _CODE,
        "model_from_hook": f"{_CODE}: name the model that it brings",
    }
)


def spellings(setting: Setting, value: Value, catalogue: Catalogue) -> Iterator[Spelling]:
    """Yield the flag of vLLM's, else the runtime parameter, then the variables, and then the flag of the worker's."""
    said = tokens(setting, value)
    if said and setting.name in engine_config.of_vllm(catalogue):
        yield Flag(_elements(said))
    for name in parameters_of(setting):
        yield Variable(PARAMETER + name, Payload(_type(value), value).to_json())
    for name in setting.variables:
        if name.startswith(PREFIX) or name in NAMES:
            yield from variable(name, text(setting, value))
    yield from raw_flag(setting, value)


def _elements(said: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tokens as elements of the file, in which an element that holds a flag and its value is an error."""
    joined = len(said) == 2 and said[1].lstrip().startswith("-")
    return ("=".join(said),) if joined else said


def _type(value: Value) -> str:
    if isinstance(value, bool):
        return payloads.BOOLEAN
    return payloads.NUMERIC if isinstance(value, int | float) else "string"


def held(spellings: Sequence[Spelling]) -> Held:
    """Return the file, and the parameters as variables."""
    return Held(variables=variables(spellings), files={engine_config.FILE: _engine_config(spellings)})


def files(draft: Draft) -> list[File]:
    """Return the file, and the parameters as variables, one a line."""
    credential = {"type": payloads.CREDENTIAL, "payload": {"credentialType": "api_token", payloads.TOKEN: MASK}}
    secrets = {PARAMETER + CREDENTIAL: json.dumps(credential)} if TOKEN in draft.secrets else {}
    lines = [f"{name}={value}" for name, value in {**variables(draft.spellings), **secrets}.items()]
    return [
        File(engine_config.FILE, _engine_config(draft.spellings)),
        File(PARAMETERS, document([*comments(*draft.notes, *([_HOW] if lines else [])), *lines])),
    ]


def _engine_config(spellings: Sequence[Spelling]) -> str:
    """Return the file, each flag with its values on a line."""
    flags = [flat([each]) for each in spellings if isinstance(each, Flag)]
    lines = ",\n".join("    " + ", ".join(map(json.dumps, tokens)) for tokens in flags)
    inside = f"\n{lines}\n  " if lines else ""
    return f'{{\n  "{engine_config.KEY}": [{inside}]\n}}\n'


TARGET = Target(
    name="datarobot",
    platform="datarobot",
    spellings=spellings,
    held=held,
    files=files,
    secrets={TOKEN: f"make it a credential of type API token in DataRobot, and choose that for {CREDENTIAL}"},
    directory="--code-dir",
    evidence={"TARGET_NAME": "resultText"},
    place={**dict.fromkeys((*ADDRESS, *TLS), _PORT), **dict.fromkeys((API_KEY, "api_key_file"), _KEYS)},
    own=OWN,
    derived=frozenset({AWAITED, values_file.SETTING}),
    hub_key="hugging_face_token",
)

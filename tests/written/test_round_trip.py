"""What is written for a target means the same there, apart from what the warnings name."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dragoman.platforms import PLATFORMS, catalogue_of, resolve
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.jinja import environment
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value
from dragoman.written.targets import TARGETS
from dragoman.written.writing import write
from tests.settings.resolutions import COMPILER
from tests.written.readers import READERS, read
from tests.written.sources import SOURCES, Source

CATALOGUES = {platform.name: catalogue_of(platform) for platform in PLATFORMS}
# Where each worker is, and what follows from the machine.
OF_THE_PLACE = {
    *("platform", "gpus", "model_dir", "code_dir", "config", "host", "port", "uds", "health_port", "grace_period"),
    *("kv_cache_memory_bytes", "vllm_cache_root", "api_key", "hf_token", "hugging_face_token"),
    *("model_name", "model_url", "model_version", "properties_dir"),
}


def shared(one: Catalogue, other: Catalogue) -> set[str]:
    """Return the settings that count on both platforms."""
    live = ("engine", "worker")
    return {each.name for each in one if each.use in live and each.name in other and other[each.name].use in live}


def differing(here: Resolution, there: Resolution, warnings: tuple[str, ...]) -> dict[str, tuple[Value, Value]]:
    """Return what has another value there, and no warning names."""
    named = set(re.findall(r"\w+", " ".join(warnings)))
    names = shared(CATALOGUES[here.platform], CATALOGUES[there.platform]) - OF_THE_PLACE - named
    pairs = {name: (meant(name, here), meant(name, there)) for name in sorted(names)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and not defaults(name, here, there)}


def meant(name: str, resolution: Resolution) -> Value:
    value = resolution.value(name)
    if name == "chat_template" and value is not None:
        return environment().parse(value)
    return [resolution.value("model")] if name == "served_model_name" and value is None else value


def defaults(name: str, *resolutions: Resolution) -> bool:
    """Return whether nothing sets it anywhere; platforms have defaults of their own for settings of the same name."""
    return not any(each.is_set for resolution in resolutions for each in resolution.settings if each.name == name)


@pytest.mark.parametrize("target", READERS)
@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_every_configuration_comes_back(source: Source, target: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    written = source.write(target, here)
    resolution = read(written, there, source.gpus or 0)
    assert differing(source.resolve(here), resolution, written.warnings) == {}
    assert resolution.errors == ()
    assert "sesame" not in str(written)


AWKWARD = st.text(st.sampled_from("ab9 \"'\\#=!:$(){}[],%-\n\t\r;&|*?~`<>é\u2028🦜"), min_size=1, max_size=12)
TEXTS = AWKWARD | st.sampled_from(
    [
        "$(HOME)",
        "$$",
        "--dtype x",
        " --dtype x",
        "-",
        "--",
        "1e3",
        "yes",
        "null ",
        "a,b",
        '{"a": 1',
        "\\u0041",
        "!x",
        "0x1",
    ]
)
JSON = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda held: st.lists(held, max_size=3) | st.dictionaries(TEXTS, held, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(TEXTS, JSON, min_size=1, max_size=3)
# Those that have to name something that is there, or that no two workers of a machine can have at once.
LEFT_ALONE = {
    *("model", "tokenizer", "chat_template", "ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "ssl_ciphers", "api_key"),
    *("tool_parser_plugin", "reasoning_parser_plugin", "hf_token", "config", "device_ids", "speculative_config"),
    *("structured_outputs_config", "distributed_executor_backend", "host", "port", "uds"),
}
WRITTEN_FLAGS = [each for each in CATALOGUES["plain"] if each.use == "engine" and each.name not in LEFT_ALONE]


def values(setting: Setting) -> st.SearchStrategy[Value]:
    """Return values that a setting may have, as YAML holds them."""
    item = items(setting)
    return st.lists(item, min_size=1, max_size=3) if setting.is_list else item


def items(setting: Setting) -> st.SearchStrategy[Value]:
    low = setting.bounds.get("ge", setting.bounds.get("gt", 0))
    if setting.choices or setting.known:
        return st.sampled_from(setting.choices or setting.known)
    match setting.type:
        case "bool":
            return st.booleans()
        case "int" | "human_int":
            return st.integers(int(low) + 1, 2**40)
        case "human_int_or_auto":
            return st.just("auto") | st.integers(1, 2**40) | st.sampled_from(["8k", "4K", "1.5m"])
        case "float":
            return st.floats(low, setting.bounds.get("le", setting.bounds.get("lt", 1e6)), exclude_min=True)
        case "json" | "config" | "json_or_str":
            keys = st.sampled_from(setting.keys) if setting.keys else TEXTS
            return st.dictionaries(keys, JSON, min_size=1, max_size=2)
        case "json_list":
            return st.lists(TEXTS, min_size=1, max_size=3)
        case "lora":
            return st.fixed_dictionaries({"name": TEXTS, "path": TEXTS})
        case _:
            return TEXTS


CONFIGURATIONS = st.lists(
    st.sampled_from(WRITTEN_FLAGS), min_size=1, max_size=4, unique_by=lambda each: each.name
).flatmap(lambda chosen: st.fixed_dictionaries({each.name: values(each) for each in chosen}))


@settings(deadline=None, max_examples=40)
@given(CONFIGURATIONS, st.sampled_from(list(CATALOGUES)), st.sampled_from(list(READERS)), st.sampled_from([0, 1, 4]))
def test_any_flag_comes_back(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, Value], platform: str, target: str, gpus: int
) -> None:
    directory = tmp_path_factory.mktemp("there")
    file = directory / "vllm.yaml"
    file.write_text(yaml.safe_dump(said, allow_unicode=True))
    variables = {**COMPILER, "HOME": "/nowhere", "TARGET_NAME": "resultText"}
    here = resolve(["org/m", "--platform", platform, "--gpus", str(gpus), "--config", str(file)], variables)
    assume(not here.errors)
    written = write(here, TARGETS[target], variables)
    there = read(written, directory, gpus)
    assert differing(here, there, written.warnings) == {}
    assert there.errors == ()

import re
from pathlib import Path

import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.lmi.configuration import variables as known
from dragoman.platforms.lmi.configuration.handler_settings import SETTINGS as HANDLER
from dragoman.platforms.lmi.configuration.keys import ALIASES, OPTION_KEY, SERVER_KEYS, setting_for
from dragoman.platforms.lmi.documented import NOTES, TOPICS, VARIABLES, options
from dragoman.platforms.lmi.settings import PLATFORM

CATALOGUE = catalogue_of(PLATFORM)
KEYS = [key for keys in TOPICS.values() for key in keys]
TEXT = options(CATALOGUE)
ROWS = {
    key: (variable, fate) for key, variable, fate in re.findall(r"^\| `(\S+)` \| (.*?) \| (.*) \|$", TEXT, re.MULTILINE)
}

# Those of the user guide of LMI's vLLM engine: its table and its templates.
GUIDE = (
    *("engine", "option.tensor_parallel_degree", "option.model_id", "option.max_rolling_batch_size"),
    *("option.rolling_batch", "option.quantize", "option.max_rolling_batch_prefill_tokens", "option.max_model_len"),
    *("option.load_format", "option.enforce_eager", "option.gpu_memory_utilization"),
)


def test_every_documented_option_has_one_row() -> None:
    assert list(ROWS) == KEYS


def test_the_options_of_the_guide_are_documented() -> None:
    assert set(GUIDE) <= set(KEYS)


def test_all_that_is_lmis_own_is_documented() -> None:
    handlers = {OPTION_KEY + key for key in ALIASES} | {setting.variables[0] for setting in HANDLER}
    documented = {name.lower() for key, (variable, _) in ROWS.items() for name in (key, variable.strip("`"))}
    assert {name.lower() for name in handlers} <= documented
    assert {setting_for(key, CATALOGUE) for key in SERVER_KEYS} <= {setting_for(key, CATALOGUE) for key in KEYS}


def test_every_variable_that_is_known_is_documented() -> None:
    assert VARIABLES.keys() >= known.KNOWN


def test_notes_are_about_documented_options() -> None:
    assert NOTES.keys() <= set(KEYS)


def test_every_documented_variable_has_one_row() -> None:
    assert re.findall(r"^\| `(\w+)` \| [^|]* \|$", TEXT, re.MULTILINE) == list(VARIABLES)


@pytest.mark.parametrize("key", KEYS)
def test_the_variable_sets_what_the_option_sets(key: str) -> None:
    variable = ROWS[key][0].strip("`")
    assert setting_for(known.property_of(variable) or "", CATALOGUE) == setting_for(key, CATALOGUE)


@pytest.mark.parametrize(
    ("key", "variable", "fate"),
    [
        ("option.max_model_len", "OPTION_MAX_MODEL_LEN", "Passed on as `--max-model-len`. Also `8k`, `8K` and `auto`."),
        ("option.quantization", "OPTION_QUANTIZATION", "Another name for `option.quantize`."),
        ("option.entryPoint", "OPTION_ENTRYPOINT", "Ignored: the worker runs no code of the model's; vLLM does all"),
        ("option.swap_space", "OPTION_SWAP_SPACE", "Ignored: vLLM no longer swaps"),
        ("minWorkers", "SERVING_MIN_WORKERS", "How many copies of the model are served at least; only 1."),
        ("gpu.minWorkers", "SERVING_MIN_WORKERS", "Another name for `minWorkers`."),
        ("option.engine", "OPTION_ENGINE", "Another name for `engine`."),
    ],
)
def test_rows_of_options(key: str, variable: str, fate: str) -> None:
    assert ROWS[key][0] == f"`{variable}`"
    assert ROWS[key][1].startswith(fate)


@pytest.mark.parametrize(
    ("variable", "fate"),
    [
        ("SAGEMAKER_NUM_MODEL_WORKERS", "`minWorkers` and `maxWorkers`, whatever serving.properties says."),
        ("MAX_BATCH_SIZE", "`option.max_rolling_batch_size`, where nothing else says it."),
        ("DJL_CLUSTER_SIZE", "Ignored: a worker runs on one machine."),
    ],
)
def test_rows_of_variables(variable: str, fate: str) -> None:
    assert f"| `{variable}` | {fate} |" in TEXT.splitlines()


def test_docs_have_the_part() -> None:
    document = Path(__file__).parent.parent.parent.parent / "docs" / "lmi.md"
    assert TEXT in document.read_text(encoding="utf-8")

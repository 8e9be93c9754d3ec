import re
from pathlib import Path

import pytest

from dragoman.platforms import catalogue_of
from dragoman.platforms.datarobot.configuration import (
    custom_code,
    engine_config,
    flags,
    metadata,
    model_directory,
    notices,
)
from dragoman.platforms.datarobot.configuration.platform_variables import NAMES
from dragoman.platforms.datarobot.configuration.runtime_parameters import parameters
from dragoman.platforms.datarobot.documented import FILES, FLAGS, NOTES, OTHERS, PARAMETERS, VARIABLES, what_happens
from dragoman.platforms.datarobot.image import VARIABLES as IMAGES
from dragoman.platforms.datarobot.settings import PLATFORM
from dragoman.platforms.datarobot.status import BUNDLE
from dragoman.platforms.datarobot.status import VARIABLES as REPORTS

CATALOGUE = catalogue_of(PLATFORM)
NAMED = [name for names in PARAMETERS.values() for name in names]
TEXT = what_happens(CATALOGUE)
ROWS = dict(re.findall(r"^\| `(.+?)` \| (.*) \|$", TEXT, re.MULTILINE))

# Those of the guide to the drop-in environment.
GUIDE = (
    *("model", "HuggingFaceToken", "max_model_len", "gpu_memory_utilization", "trust_remote_code", "system_prompt"),
    *("prompt_column_name", "max_tokens", "n", "temperature", "verifySSL"),
)
# Those that DRUM's command line takes from the environment.
DRUM = (
    *("TARGET_TYPE", "CODE_DIR", "ADDRESS", "MAX_WORKERS", "DEPLOYMENT_CONFIG", "NEGATIVE_CLASS_LABEL"),
    *("POSITIVE_CLASS_LABEL", "CLASS_LABELS", "CLASS_LABELS_FILE", "USER_SECRETS_MOUNT_PATH", "USER_SECRETS_PREFIX"),
    *("WITH_ERROR_SERVER", "SHOW_STACKTRACE", "PRODUCTION", "MONITOR", "MLOPS_REPORTING_FROM_UNSTRUCTURED_MODELS"),
    *("SKIP_PREDICT", "ALLOW_DR_API_ACCESS_FOR_ALL_CUSTOM_MODELS", "RUNTIME_PARAMS_FILE", "LAZY_LOADING_FILE"),
    *("DEPLOYMENT_ID", "MLOPS_DEPLOYMENT_ID", "MODEL_ID", "MLOPS_MODEL_ID", "MONITOR_SETTINGS"),
    *("EXTERNAL_WEB_SERVER_URL", "API_TOKEN", "TARGET_NAME", "URL_PREFIX", "OPENAI_HOST", "OPENAI_PORT", "GPU_COUNT"),
    *("DATAROBOT_ENDPOINT", "DATAROBOT_API_TOKEN", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"),
    *("DEBUG", "VIRTUAL_ENV"),
)


def test_everything_has_one_row() -> None:
    rows = re.findall(r"^\| `(.+?)` \|", TEXT, re.MULTILINE)
    assert rows == [*NAMED, *VARIABLES, *FLAGS, *FILES]
    assert len(rows) == len(set(rows))


def test_every_parameter_is_documented() -> None:
    assert set(NAMED) == parameters(CATALOGUE).keys() >= set(GUIDE)


def test_every_variable_is_documented() -> None:
    elsewhere = {"OMP_NUM_THREADS", "VLLM_CACHE_ROOT", "VLLM_ENABLE_STARTUP_PLAN"}
    assert set(VARIABLES) >= {*NAMES, *IMAGES, *REPORTS, BUNDLE, *DRUM} - elsewhere


def test_every_flag_is_documented() -> None:
    assert set(FLAGS) >= {CATALOGUE[setting.name].flags[0] for setting in flags.SETTINGS}


def test_every_file_is_documented() -> None:
    known = (custom_code.FILE, engine_config.FILE, metadata.FILE, notices.FLASK, notices.MODERATION)
    assert FILES.keys() >= {*known, f"{model_directory.FOLDER}/", ".server_ready", "start_server.sh"}


def test_notes_and_others_are_about_documented_names() -> None:
    assert NOTES.keys() <= {*NAMED, *VARIABLES}
    assert OTHERS.keys() <= set(VARIABLES)


@pytest.mark.parametrize("name", sorted({*NOTES, *OTHERS}))
def test_a_note_is_a_sentence(name: str) -> None:
    assert ROWS[name].endswith(".")


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("trust_remote_code", "Passed on as `--trust-remote-code`. A boolean in any spelling."),
        ("prompt_column_name", "The column of a CSV in which the prompts are. Default: `promptText`. Exactly as"),
        ("DRUM_SERVER_TYPE", "Ignored: requests are served by an event loop, not by one of DRUM's web servers."),
        ("ADDRESS", "Becomes host and port. `0.0.0.0:8080` where it is not set"),
        ("OPENAI_PORT", "Ignored: the engine has no port of its own here."),
        ("VLLM_API_KEY", "An error: "),
        ("VLLM_EXTRA_ARGS", "Flags of vLLM, quoted as in a shell; "),
        ("-cd", "The directory in which the platform put the user's own code."),
        ("--sidecar", "Ignored: --engine-url names a server that runs elsewhere."),
        ("vllm/", "The model, where there is anything in it"),
    ],
)
def test_rows(name: str, fate: str) -> None:
    assert ROWS[name].startswith(fate)


def test_docs_have_the_part() -> None:
    document = Path(__file__).parent.parent.parent.parent / "docs" / "datarobot.md"
    assert TEXT in document.read_text(encoding="utf-8")

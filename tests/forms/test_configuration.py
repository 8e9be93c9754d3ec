import re

import pytest

from dragoman.forms.configuration import configuration
from dragoman.platforms import PLATFORMS, catalogue_of, resolve

TEXT = configuration(PLATFORMS)
ROWS = {row.split(" | ")[0]: row for row in re.findall(r"^\| (.*) \|$", TEXT, re.MULTILINE)}


def names_in(text: str) -> list[str]:
    return re.findall(r"^\| ([a-z]\w*) \|", text, re.MULTILINE)


@pytest.mark.parametrize("section", TEXT.split("\n## ")[1:], ids=lambda section: section.partition("\n")[0])
def test_a_setting_has_one_row_in_a_section(section: str) -> None:
    names = names_in(section)
    assert len(names) == len(set(names))


def test_every_setting_has_a_row() -> None:
    assert set(names_in(TEXT)) == {setting.name for platform in PLATFORMS for setting in catalogue_of(platform)}


def test_the_worker_first_and_what_is_retired_last() -> None:
    titles = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    platforms = [f"Platform {name}" for name in ("runpod", "lmi", "datarobot", "plain")]
    assert titles[:6] == ["The worker", *platforms, "vLLM: Server"]
    assert titles[-2:] == ["vLLM's, but not this worker's", "Retired"]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (
            "grace_period",
            "grace_period | `--grace-period` | `DRAGOMAN_GRACE_PERIOD` | number from 0 to 86400 | `30` | How many",
        ),
        ("max_concurrency", "max_concurrency | `--max-concurrency` | `MAX_CONCURRENCY` | integer from 1 | `300` | How"),
        ("tokenizer", "tokenizer | `--tokenizer` | `TOKENIZER_NAME` (runpod), `TOKENIZER` | text |  | Name or path"),
        ("api_key", "api_key | `--api-key` | `VLLM_API_KEY` (lmi, datarobot, plain), `DRAGOMAN_API_KEY` | list"),
        (
            "job_queue_size",
            "job_queue_size | `--job-queue-size` | `SERVING_JOB_QUEUE_SIZE` | integer from 0 | `1000` | How",
        ),
        ("max_batch_delay", "max_batch_delay | `SERVING_MAX_BATCH_DELAY` (lmi) | Ignored: "),
        ("swap_space", "swap_space | `SWAP_SPACE` | Ignored: vLLM no longer swaps"),
        ("headless", "headless | `DRAGOMAN_HEADLESS` | An error: this worker runs one HTTP server"),
        ("vllm_port", "vllm_port | `VLLM_PORT` (runpod) | Ignored: "),
        (
            "concurrent_rows",
            "concurrent_rows | `--concurrent-rows` | `DRAGOMAN_CONCURRENT_ROWS` | integer from 1 | `64`",
        ),
        ("gpus", "gpus | `--gpus` | `GPU_COUNT` (datarobot), `DRAGOMAN_GPUS` | integer from 0 |"),
        ("llm_id", "llm_id | `DRAGOMAN_LLM_ID` (datarobot), `MLOPS_RUNTIME_PARAM_LLM_ID` (datarobot) | Ignored: "),
    ],
)
def test_rows(name: str, row: str) -> None:
    assert ROWS[name].startswith(row)


@pytest.mark.parametrize(
    ("platform", "source"),
    [("runpod", "variable MAX_MODEL_LEN"), ("datarobot", "vLLM default"), ("plain", "variable MAX_MODEL_LEN")],
)
def test_datarobot_has_no_variables_that_are_called_like_flags(platform: str, source: str) -> None:
    arguments = ["--platform", platform, "--model", "org/model", "--gpus", "0"]
    resolution = resolve(arguments, {"MAX_MODEL_LEN": "7", "TARGET_NAME": "text"})
    (setting,) = (setting for setting in resolution.settings if setting.name == "max_model_len")
    assert setting.source == source


@pytest.mark.parametrize(
    ("platform", "variable"),
    [("runpod", "MAX_MODEL_LEN"), ("lmi", "OPTION_MAX_MODEL_LEN"), ("plain", "MAX_MODEL_LEN")],
)
def test_only_lmi_has_options_in_the_place_of_variables(platform: str, variable: str) -> None:
    environment = {"MAX_MODEL_LEN": "7", "OPTION_MAX_MODEL_LEN": "7"}
    resolution = resolve(["--platform", platform, "--model", "org/model", "--gpus", "0"], environment)
    (setting,) = (setting for setting in resolution.settings if setting.name == "max_model_len")
    assert (setting.source, setting.overridden) == (f"variable {variable}", ())

import pytest

from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find

ROLLING = {"OPTION_ROLLING_BATCH": "vllm"}


def test_an_old_name() -> None:
    resolution = on_lmi({"OPTION_ROLLING_BATCH": "lmi-dist"})
    setting = find(resolution, "rolling_batch")
    assert (setting.value, setting.source) == ("vllm", "variable OPTION_ROLLING_BATCH")
    assert resolution.warnings == (
        "rolling_batch 'lmi-dist' (variable OPTION_ROLLING_BATCH) became vllm, as in LMI, which has dropped it",
    )


@pytest.mark.parametrize(
    ("environment", "warning"),
    [
        (
            ROLLING,
            "batch_size 4 (variable SERVING_BATCH_SIZE) switches rolling_batch 'vllm' (variable OPTION_ROLLING_BATCH) "
            "off, as in LMI; vLLM takes requests into its batch as they come",
        ),
        (
            {},
            "batch_size 4 (variable SERVING_BATCH_SIZE) is ignored: vLLM takes requests into its batch as they come",
        ),
    ],
)
def test_collected_batches(environment: dict[str, str], warning: str) -> None:
    resolution = on_lmi({**environment, "SERVING_BATCH_SIZE": "4"})
    assert resolution.value("rolling_batch") == "disable"
    assert resolution.warnings == (warning,)

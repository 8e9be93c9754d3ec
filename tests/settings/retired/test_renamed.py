import pytest

from tests.settings.resolutions import find, on_plain


@pytest.mark.parametrize(
    ("environment", "flags"),
    [
        ({"TASK": "generate"}, ["--runner", "generate"]),
        ({"TASK": "transcription"}, ["--runner", "generate"]),
        ({"TASK": "EMBED"}, ["--runner", "pooling", "--convert", "embed"]),
        ({"TASK": "embedding"}, ["--runner", "pooling", "--convert", "embed"]),
        ({"TASK": "classify"}, ["--runner", "pooling", "--convert", "classify"]),
        ({"TASK": "score"}, ["--runner", "pooling", "--convert", "classify"]),
        ({"TASK": "reward"}, ["--runner", "pooling"]),
        ({"CUDA_GRAPH_SIZES": "1,2,4"}, ["--cudagraph-capture-sizes", "1", "2", "4"]),
        ({"CUDA_GRAPH_SIZES": "[8, 16]"}, ["--cudagraph-capture-sizes", "8", "16"]),
        ({"CUDA_GRAPH_SIZES": "512"}, ["--max-cudagraph-capture-size", "512"]),
        ({"VLLM_ATTENTION_BACKEND": "FLASHINFER"}, ["--attention-backend", "FLASHINFER"]),
        ({"VLLM_ATTENTION_BACKEND": "FLASH_ATTN_VLLM_V1"}, ["--attention-backend", "FLASH_ATTN"]),
        ({"OVERRIDE_POOLER_CONFIG": '{"normalize": true}'}, ["--pooler-config", '{"use_activation": true}']),
        ({"DISABLE_MM_PREPROCESSOR_CACHE": "1"}, ["--mm-processor-cache-gb", "0.0"]),
        ({"ENABLE_MULTIMODAL_ENCODER_DATA_PARALLEL": "1"}, ["--mm-encoder-tp-mode", "data"]),
        ({"DISABLE_LOG_REQUESTS": "0"}, ["--enable-log-requests"]),
        ({"DISABLE_LOGGING_REQUEST": "false"}, ["--enable-log-requests"]),
    ],
)
def test_what_it_became(environment: dict[str, str], flags: list[str]) -> None:
    resolution = on_plain(environment)
    assert resolution.engine_args == ("--model", "org/m", *flags)
    (warning,) = resolution.warnings
    assert f"(variable {next(iter(environment))}): vLLM has dropped this; it became " in warning
    assert resolution.errors == ()


@pytest.mark.parametrize(
    "environment",
    [
        {"TASK": "auto"},
        {"WORKER_USE_RAY": "false"},
        {"DISABLE_MM_PREPROCESSOR_CACHE": "0"},
        {"DISABLE_LOG_REQUESTS": "1"},
        {"DISABLE_LOG_REQUESTS": "true", "DISABLE_LOGGING_REQUEST": "false"},
    ],
)
def test_what_happens_anyway(environment: dict[str, str]) -> None:
    resolution = on_plain(environment)
    assert resolution.engine_args == ("--model", "org/m")
    assert resolution.warnings == resolution.errors == ()


def test_ray() -> None:
    backend = find(on_plain({"WORKER_USE_RAY": "true"}), "distributed_executor_backend")
    assert (backend.value, backend.source) == ("ray", "variable WORKER_USE_RAY")


@pytest.mark.parametrize(
    ("retired", "direct", "flags"),
    [
        (
            {"VLLM_ATTENTION_BACKEND": "FLASHINFER"},
            {"ATTENTION_BACKEND": "FLASH_ATTN"},
            ["--attention-backend", "FLASH_ATTN"],
        ),
        ({"WORKER_USE_RAY": "1"}, {"DISTRIBUTED_EXECUTOR_BACKEND": "mp"}, ["--distributed-executor-backend", "mp"]),
        ({"DISABLE_LOG_REQUESTS": "0"}, {"ENABLE_LOG_REQUESTS": "0"}, ["--no-enable-log-requests"]),
        ({"TASK": "reward"}, {"RUNNER": "generate"}, ["--runner", "generate"]),
    ],
)
def test_the_setting_of_today_wins_in_the_same_place(
    retired: dict[str, str], direct: dict[str, str], flags: list[str]
) -> None:
    resolution = on_plain({**retired, **direct})
    assert resolution.engine_args == ("--model", "org/m", *flags)
    (warning,) = resolution.warnings
    assert "gives way to" in warning


def test_the_stronger_source_wins() -> None:
    resolution = on_plain({"RUNNER": "generate", "CONVERT": "none"}, "--task", "embed")
    runner = find(resolution, "runner")
    assert (runner.value, runner.source) == ("pooling", "command line")
    assert runner.overridden == (("generate", "variable RUNNER"),)


def test_one_of_two_settings_gives_way() -> None:
    resolution = on_plain({"TASK": "embed", "CONVERT": "none"})
    assert resolution.engine_args == ("--model", "org/m", "--runner", "pooling", "--convert", "none")
    assert resolution.warnings == ("task 'embed' (variable TASK): vLLM has dropped this; it became runner 'pooling'",)


def test_an_unknown_task() -> None:
    (error,) = on_plain({"TASK": "sing"}).errors
    assert error.startswith("task: 'sing' is not one of auto, generate, ")


def test_fields_that_there_never_were() -> None:
    (error,) = on_plain({"OVERRIDE_POOLER_CONFIG": '{"depth": 3}'}).errors
    assert error.startswith("pooler_config: 'depth' is not one of its fields")
    assert error.endswith("(variable OVERRIDE_POOLER_CONFIG)")

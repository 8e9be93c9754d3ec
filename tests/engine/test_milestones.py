import pytest

from dragoman.engine.milestones import milestone


@pytest.mark.parametrize(
    ("line", "phase"),
    [
        (
            "(EngineCore pid=7) INFO [gpu_model_runner.py:5031] Starting to load model org/name...",
            "loading the weights",
        ),
        ("INFO [default_loader.py:501] Loading weights took 0.01 seconds", "sizing the KV cache"),
        ("INFO [gpu_model_runner.py:5150] Model loading took 1.2 GiB memory and 3.4 seconds", "sizing the KV cache"),
        ("INFO [kv_cache_utils.py:2327] GPU KV cache size: 262,144 tokens", "warming up EngineCore"),
        ("INFO [core.py:402] init engine (profile, create kv cache, warmup model) took 0.23 s", None),
        ("", None),
    ],
)
def test_a_line_of_vllms_log_is_the_beginning_of_a_phase(line: str, phase: str | None) -> None:
    assert milestone(line) == phase

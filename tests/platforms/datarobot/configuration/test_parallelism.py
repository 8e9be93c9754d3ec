from pathlib import Path

import pytest

from dragoman.platforms.datarobot.configuration import parallelism
from tests.platforms.datarobot.resolving import MODEL, on_datarobot, write

MEMORY = ["--gpu-memory-utilization", "0.9"]


def sizes(*arguments: str, **environment: str) -> list[str]:
    """Return the flags about GPUs."""
    resolution = on_datarobot({**MODEL, **environment}, *arguments)
    assert resolution.errors == ()
    return [each for each in resolution.engine_args[4:] if each != "--enforce-eager"]


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        (["--gpus", "4"], ["--tensor-parallel-size", "4", *MEMORY]),
        (["--gpus", "4", "--default-parallelism", "pp"], ["--pipeline-parallel-size", "4", *MEMORY]),
        (["--gpus", "4", "-tp", "2"], ["--tensor-parallel-size", "2", *MEMORY]),
        (["--gpus", "4", "-tp", "1"], ["--tensor-parallel-size", "1", *MEMORY]),
        (["--gpus", "4", "-pp", "2"], ["--pipeline-parallel-size", "2", *MEMORY]),
        (
            ["--gpus", "4", "--gpu-memory-utilization", "0.5", "-tp", "4"],
            ["--tensor-parallel-size", "4", *MEMORY[:1], "0.5"],
        ),
    ],
)
def test_what_the_command_line_says(arguments: list[str], flags: list[str]) -> None:
    assert sizes(*arguments) == flags


def test_the_command_line_counts_better_than_the_variable() -> None:
    assert sizes("--gpus", "2", GPU_COUNT="4") == ["--tensor-parallel-size", "2", *MEMORY]


def test_copies_share_the_gpus() -> None:
    assert "2" in sizes("--gpus", "4", "--data-parallel-size", "2")
    assert "--tensor-parallel-size" not in sizes("--gpus", "4", "--data-parallel-size", "4")


def test_gpus_are_counted_where_nothing_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallelism, "count_gpus", lambda environment: 2)
    assert sizes(GPU_COUNT="") == ["--tensor-parallel-size", "2", *MEMORY]


def test_a_limit_of_the_cache_in_bytes() -> None:
    assert sizes("--gpus", "1", "--kv-cache-memory-bytes", "1g") == ["--kv-cache-memory-bytes", "1000000000"]


def test_a_file_of_flags_is_stronger(tmp_path: Path) -> None:
    file = write(tmp_path, vllm_yaml="gpu-memory-utilization: 0.4\ntensor-parallel-size: 1") / "vllm.yaml"
    assert sizes("--gpus", "4", "--config", str(file)) == ["--tensor-parallel-size", "1", *MEMORY[:1], "0.4"]


def test_a_file_of_flags_does_not_move_the_worker(tmp_path: Path) -> None:
    file = write(tmp_path, vllm_yaml="port: 8000\nhost: elsewhere\nserved-model-name: other") / "vllm.yaml"
    resolution = on_datarobot(MODEL, "--config", str(file))
    assert (resolution.value("host"), resolution.value("port")) == ("0.0.0.0", 8080)
    assert resolution.value("served_model_name") == ["datarobot-deployed-llm"]

from pathlib import Path

import pytest

from dragoman.cgroups import ContainerMemory, container_cores, container_memory


@pytest.mark.parametrize(
    ("files", "memory"),
    [
        ({"memory.max": "1000\n", "memory.current": "300\n", "memory.peak": "400\n"}, ContainerMemory(1000, 300, 400)),
        ({"memory.max": "max\n", "memory.current": "300\n"}, ContainerMemory(None, 300, None)),
        (
            {
                "memory/memory.limit_in_bytes": "1000\n",
                "memory/memory.usage_in_bytes": "300\n",
                "memory/memory.max_usage_in_bytes": "400\n",
            },
            ContainerMemory(1000, 300, 400),
        ),
        (
            {"memory/memory.limit_in_bytes": "9223372036854771712\n", "memory/memory.usage_in_bytes": "300\n"},
            ContainerMemory(None, 300, None),
        ),
        ({"cpu.stat": ""}, None),
        ({}, None),
    ],
)
def test_a_containers_memory_is_told_by_either_version(
    tmp_path: Path, files: dict[str, str], memory: ContainerMemory | None
) -> None:
    (tmp_path / "memory").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert container_memory(tmp_path) == memory


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "broken"}, None),
        ({}, None),
    ],
)
def test_a_containers_share_of_the_cores_is_told_by_either_version(
    tmp_path: Path, files: dict[str, str], cores: float | None
) -> None:
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert container_cores(tmp_path) == cores

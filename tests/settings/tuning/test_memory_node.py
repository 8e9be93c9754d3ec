import os
from pathlib import Path

import pytest

from dragoman.machine import Memory
from dragoman.settings.tuning.memory_node import beside_first_core

KIB = 2**10
WHOLE = Memory(2_000 * KIB, 1_500 * KIB, limited=False)
MEMINFO = """\
Node 1 MemTotal:        1000 kB
Node 1 MemFree:          400 kB
Node 1 MemUsed:          600 kB
Node 1 Active(file):      30 kB
Node 1 Inactive(file):    20 kB
Node 1 SReclaimable:      10 kB
Node 1 HugePages_Total:     0
"""


@pytest.fixture
def meminfo(tmp_path: Path) -> Path:
    """What the kernel tells of the node of the first core that this process may use."""
    node = tmp_path / f"cpu{min(os.sched_getaffinity(0))}" / "node1"
    node.mkdir(parents=True)
    (node / "meminfo").write_text(MEMINFO)
    return node / "meminfo"


def test_a_node_has_less_than_the_machine(meminfo: Path, tmp_path: Path) -> None:
    assert beside_first_core(WHOLE, tmp_path) == Memory(1_000 * KIB, 460 * KIB, limited=False)


def test_a_container_may_have_less_than_a_node(meminfo: Path, tmp_path: Path) -> None:
    container = Memory(500 * KIB, 300 * KIB, limited=True)
    assert beside_first_core(container, tmp_path) == container


@pytest.mark.parametrize("text", ["", "Node 1 MemTotal: 1000 kB", "Node 1 MemTotal: many kB", "what"])
def test_a_node_that_does_not_tell(meminfo: Path, tmp_path: Path, text: str) -> None:
    meminfo.write_text(text)
    assert beside_first_core(WHOLE, tmp_path) == WHOLE


def test_a_machine_without_nodes(tmp_path: Path) -> None:
    assert beside_first_core(WHOLE, tmp_path) == WHOLE

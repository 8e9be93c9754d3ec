from pathlib import Path

import pytest

from dragoman.diagnosis.nvidia import COMPLETE, OLDEST, Gpu, driver_version, parsed
from dragoman.diagnosis.units import MIB

LISTING = """\
0, GPU-1f2e, NVIDIA H100 80GB HBM3, 81559, 4, 9.0
1, GPU-3d4c, NVIDIA A10G, 23028, [N/A], [N/A]
"""


def test_the_tables_of_drivers_agree() -> None:
    assert {int(version.split(".")[0]) for version in COMPLETE} <= OLDEST.keys()
    assert COMPLETE["12.0"] == OLDEST[12]
    assert COMPLETE["13.0"] == OLDEST[13]


def test_reading_what_nvidia_smi_lists() -> None:
    first, second = parsed(LISTING)
    assert first == Gpu("0", "GPU-1f2e", "NVIDIA H100 80GB HBM3", 81559 * MIB, 4 * MIB, 9.0)
    assert (second.index, second.used, second.capability) == ("1", 0, None)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 07:13:08 UTC 2025", "580.65.06"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.26  Release Build", "570.26"),
        ("nonsense", None),
    ],
)
def test_reading_the_drivers_version(tmp_path: Path, line: str, version: str | None) -> None:
    path = tmp_path / "driver" / "nvidia" / "version"
    path.parent.mkdir(parents=True)
    path.write_text(f"{line}\nGCC version: gcc version 12.3.0\n")
    assert driver_version(tmp_path) == version
    assert driver_version(tmp_path / "none") is None

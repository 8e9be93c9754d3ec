from pathlib import Path

import pytest

from dragoman.diagnosis.nvidia import COMPLETE, OLDEST, driver_version


def test_the_tables_of_drivers_agree() -> None:
    assert {int(version.split(".")[0]) for version in COMPLETE} <= OLDEST.keys()
    assert COMPLETE["12.0"] == OLDEST[12]
    assert COMPLETE["13.0"] == OLDEST[13]


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

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docker.dockerfile import ROOT

# What the scripts run before they know what is missing.
SHELL = ("bash", "env", "basename", "dirname", "mktemp")
# Their exit code where the machine cannot do it.
CANNOT = 69


@pytest.mark.parametrize(
    ("script", "tools"), [("try-image", "buildah debootstrap"), ("fresh-machine", "debootstrap unshare")]
)
def test_a_machine_without_the_tools_is_told_what_to_install(script: str, tools: str, tmp_path: Path) -> None:
    for tool in SHELL:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    ran = subprocess.run(
        [ROOT / "scripts" / script], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == CANNOT
    assert ran.stderr.startswith(f"{script}: {tools} ")
    assert "apt-get install" in ran.stderr


@pytest.mark.real
@pytest.mark.skipif(os.environ.get("DRAGOMAN_TEST_IMAGE") != "required", reason="takes 10 minutes and 30 GB")
def test_the_image_is_built_and_serves() -> None:
    subprocess.run([ROOT / "scripts" / "try-image"], check=True)

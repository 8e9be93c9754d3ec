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


# A function of a script, whose commands only say that they were called; the one whose turn it is fails.
FAILING = r"""
set -euo pipefail
folder=$PWD root=$PWD/root log=$PWD/log python=python model=model
lent=(--volume "$PWD/pip.conf")
. "$1/rootfs.sh"
for name in "$2" lend; do eval "$(sed -n "/^$name() {/,/^}/p" "$1/$3")"; done
called() {
    echo "$*" >>calls
    [ "$(wc -l <calls)" != "$fails" ]
}
for tool in mkdir rm cp mount touch chmod debootstrap chroot git; do eval "$tool() { called $tool "\$@"; }"; done
build_tool() { called buildah "$@" && echo "$PWD/root"; }
bud() { called buildah bud "$@"; }
apt_source() { echo mirror suite main; }
pip_configuration() { called pip config; }
local_places() { echo /etc/hostname; echo "$PWD"; }
step "$2" "$2"
"""
STEPS = [("make_base", "try-image", 8), ("build_image", "try-image", 5), ("furnished", "fresh-machine", 16)]


def calls(name: str, script: str, fails: int, place: Path) -> tuple[int, list[str]]:
    """What a function of a script calls until the call of a number fails, and its exit code."""
    (place / "root" / "etc" / "dpkg" / "dpkg.cfg.d").mkdir(parents=True)
    (place / "packages").touch()
    ran = subprocess.run(
        ["bash", "-c", FAILING, "bash", ROOT / "scripts", name, script],
        env=os.environ | {"fails": str(fails)},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, (place / "calls").read_text().splitlines()


@pytest.mark.parametrize(("name", "script", "count"), STEPS)
def test_a_step_that_is_well_ends_with_0(name: str, script: str, count: int, tmp_path: Path) -> None:
    code, called = calls(name, script, 0, tmp_path)
    assert (code, len(called)) == (0, count), called


@pytest.mark.parametrize(
    ("name", "script", "fails"), [(name, script, fails + 1) for name, script, count in STEPS for fails in range(count)]
)
def test_nothing_goes_on_after_a_failure(name: str, script: str, fails: int, tmp_path: Path) -> None:
    code, called = calls(name, script, fails, tmp_path)
    assert code != 0
    assert len(called) == fails, called


@pytest.mark.real
@pytest.mark.skipif(os.environ.get("DRAGOMAN_TEST_IMAGE") != "required", reason="takes 10 minutes and 30 GB")
def test_the_image_is_built_and_serves() -> None:
    subprocess.run([ROOT / "scripts" / "try-image"], check=True)

from pathlib import Path

import pytest

from tests.docker.scripts import script

install_beside = script("install_beside")
HEADER = "# Exact versions."


@pytest.mark.parametrize(
    ("installed", "locked", "constraints"),
    [
        (["torch==2.13.0"], [HEADER, "torch==2.13.0+cpu"], ["torch==2.13.0"]),
        (["vllm==0.32.0+cu130"], ["vllm==0.32.0", "boto3==1.44.5"], ["vllm==0.32.0+cu130", "boto3==1.44.5"]),
        (["Prometheus_Client==0.22"], ["prometheus-client==0.24"], ["Prometheus_Client==0.22"]),
        (["a==2", "A==1"], [], ["a==2"]),
        (["a==1"], ['b==2 ; python_version == "3.12"'], ["a==1", 'b==2 ; python_version == "3.12"']),
        ([], [HEADER, ""], []),
    ],
)
def test_what_is_installed_stays_and_the_lock_says_the_rest(
    installed: list[str], locked: list[str], constraints: list[str]
) -> None:
    assert list(install_beside.constrained(installed, locked)) == constraints


def test_folders_that_only_look_like_a_package_are_passed_over(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, version in ((first, 2), (second, 1)):
        (folder / f"a-{version}.dist-info").mkdir(parents=True)
        (folder / f"a-{version}.dist-info" / "METADATA").write_text(f"Name: a\nVersion: {version}\n")
    (first / "b.dist-info").mkdir()
    (first / "b.dist-info" / "METADATA").touch()
    installed = install_beside.installed([str(first), str(second)])
    assert list(install_beside.constrained(installed, [])) == ["a==2"]

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
        (["a==1"], ['b==2 ; python_version == "3.12"'], ["a==1", 'b==2 ; python_version == "3.12"']),
        ([], [HEADER, ""], []),
    ],
)
def test_what_is_installed_stays_and_the_lock_says_the_rest(
    installed: list[str], locked: list[str], constraints: list[str]
) -> None:
    assert list(install_beside.constrained(installed, locked)) == constraints

import os
import subprocess

import pytest

from dragoman.gateway.auth import Keys
from dragoman.gateway.environment import Environment

URL = "http://127.0.0.1:8000"
PLACES = {
    "RUNPOD_WEBHOOK_GET_JOB": f"{URL}/v2/mine/job-take/$ID?gpu=local",
    "RUNPOD_WEBHOOK_POST_OUTPUT": f"{URL}/v2/mine/job-done/$RUNPOD_POD_ID/$ID?gpu=local",
    "RUNPOD_WEBHOOK_POST_STREAM": f"{URL}/v2/mine/job-stream/$RUNPOD_POD_ID/$ID?gpu=local",
    "RUNPOD_WEBHOOK_PING": f"{URL}/v2/mine/ping/$RUNPOD_POD_ID?gpu=local",
    "RUNPOD_PING_INTERVAL": "10000",
    "RUNPOD_ENDPOINT_ID": "mine",
    "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
    "RUNPOD_SKIP_GPU_CHECK": "true",
}


def environment(*keys: str) -> Environment:
    return Environment(URL, "mine", Keys(keys))


def read_by_a_shell(lines: list[str], shell: str = "sh", **variables: str) -> dict[str, str]:
    """The variables that a shell hands on when it has read the lines."""
    given = {"PATH": os.environ["PATH"], **variables}
    script = "\n".join([*lines, "env -0"])
    output = subprocess.run([shell, "-c", script], env=given, capture_output=True, check=True, text=True).stdout
    found = dict(entry.split("=", 1) for entry in output.split("\0") if "=" in entry)
    return {name: value for name, value in found.items() if name not in (*given, "PWD", "SHLVL", "_", "OLDPWD")}


def test_a_worker_that_the_gateway_starts() -> None:
    assert environment("one", "two").worker("worker-1") == PLACES | {
        "RUNPOD_POD_ID": "worker-1",
        "RUNPOD_AI_API_KEY": "one",
    }


def test_a_worker_without_a_key_has_one_nonetheless_or_it_would_not_ping() -> None:
    assert environment().worker("worker-1")["RUNPOD_AI_API_KEY"]


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_reads_the_lines_as_they_are_meant(shell: str) -> None:
    found = read_by_a_shell(environment("one").worker_lines(), shell, DRAGOMAN_API_KEY="one")
    pod = found.pop("RUNPOD_POD_ID")
    assert found == PLACES | {"RUNPOD_AI_API_KEY": "one"}
    assert pod.removeprefix("worker-").isdigit()


def test_each_shell_is_another_worker() -> None:
    lines = environment().worker_lines()
    assert read_by_a_shell(lines)["RUNPOD_POD_ID"] != read_by_a_shell(lines)["RUNPOD_POD_ID"]


def test_clients_of_runpod_and_openai() -> None:
    found = read_by_a_shell(environment("one").client_lines(), DRAGOMAN_API_KEY="one")
    assert found == {
        "RUNPOD_ENDPOINT_BASE_URL": f"{URL}/v2",
        "RUNPOD_API_KEY": "one",
        "OPENAI_BASE_URL": f"{URL}/v2/mine/openai/v1",
        "OPENAI_API_KEY": "one",
    }


def test_of_several_keys_the_lines_use_the_first() -> None:
    found = read_by_a_shell(environment("one", "two").client_lines(), DRAGOMAN_API_KEY="one,two")
    assert found["RUNPOD_API_KEY"] == found["OPENAI_API_KEY"] == "one"


def test_the_lines_hold_no_key() -> None:
    lines = [*environment("secret").worker_lines(), *environment("secret").client_lines()]
    assert not any("secret" in line for line in lines)
    assert any('"$DRAGOMAN_API_KEY"' in line for line in lines)


def test_without_keys_the_lines_refer_to_none() -> None:
    lines = [*environment().worker_lines(), *environment().client_lines()]
    assert not any("DRAGOMAN_API_KEY" in line for line in lines)


def test_an_endpoint_with_a_name_that_a_shell_would_mind() -> None:
    lines = Environment(URL, "it's $HOME", Keys()).worker_lines()
    found = read_by_a_shell(lines)
    assert found["RUNPOD_ENDPOINT_ID"] == "it's $HOME"
    assert found["RUNPOD_WEBHOOK_PING"] == f"{URL}/v2/it%27s%20%24HOME/ping/$RUNPOD_POD_ID?gpu=local"


@pytest.mark.parametrize(
    ("lost_after", "interval"), [(0.5, 1000), (3, 1000), (4, 1333), (15, 5000), (30, 10000), (600, 10000)]
)
def test_workers_ping_three_times_before_they_count_as_lost(lost_after: float, interval: int) -> None:
    variables = Environment(URL, "mine", Keys(), lost_after).worker("worker-1")
    assert variables["RUNPOD_PING_INTERVAL"] == str(interval)

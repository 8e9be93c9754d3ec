import json
import os
import subprocess
import sys

import pytest

from dragoman.cluster.worker import placed
from tests.settings.resolutions import find, on_plain


def test_a_replica_is_where_it_was_put() -> None:
    before = on_plain({"DRAGOMAN_PORT": "8000"}, "--uds", "/run/front.sock", "--host", "0.0.0.0")
    after = placed(before, "10.0.0.7", 4711)
    assert (after.value("host"), after.value("port"), after.value("uds")) == ("10.0.0.7", 4711, None)
    assert find(after, "port").source == "replica of a cluster"


@pytest.mark.parametrize("name", ["ssl_certfile", "ssl_keyfile", "ssl_ca_certs", "ssl_ciphers", "health_port"])
def test_what_the_front_does_a_replica_does_not(name: str) -> None:
    flag = f"--{name.replace('_', '-')}"
    before = on_plain({}, flag, "9" if name == "health_port" else "x")
    assert before.value(name) is not None
    assert placed(before, "10.0.0.7", 4711).value(name) is None


def test_the_fronts_files_need_not_be_on_a_replicas_machine() -> None:
    before = on_plain({}, "--ssl-certfile", "/front/cert.pem", "--ssl-keyfile", "/front/key.pem", "--replicas", "0")
    assert len(before.errors) == 3
    (error,) = placed(before, "10.0.0.7", 4711).errors
    assert error.startswith("replicas")


def test_all_else_stays() -> None:
    before = on_plain({}, "--max-model-len", "512", "--api-key", "secret")
    after = placed(before, "10.0.0.7", 4711)
    assert after.engine_args == before.engine_args
    assert after.value("api_key") == before.value("api_key")


def test_an_error_is_told_in_sentences() -> None:
    ended = worker("--model", "org/m", "--max-model-len", "many")
    assert ended.returncode == 2
    assert "max_model_len: 'many' is not an integer" in ended.stderr
    assert "Traceback" not in ended.stderr


def worker(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A worker that is told these arguments, and has ended."""
    return subprocess.run(
        [sys.executable, "-m", "dragoman.cluster.worker"],
        input=json.dumps({"arguments": ["--gpus", "0", *arguments], "host": "127.0.0.1", "port": 1}),
        env={**os.environ, "DRAGOMAN_LOG_FORMAT": "human"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

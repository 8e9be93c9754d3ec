"""No secret that a worker is given is seen anywhere: each of them is a canary."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.processes import title
from tests.upstream import Upstream
from tests.workers import Worker, worker

pytestmark = pytest.mark.anyio

CANARY = "canary4711"
KEY = f"{CANARY}-key"
COMMON = {
    "DRAGOMAN_API_KEY": KEY,
    "HF_TOKEN": f"hf_{CANARY}",
    "HUGGING_FACE_HUB_TOKEN": f"hf_{CANARY}",
    "AWS_ACCESS_KEY_ID": f"AKIA{CANARY}",
    "AWS_SECRET_ACCESS_KEY": f"{CANARY}/aws",
    "AWS_SESSION_TOKEN": f"{CANARY}/session",
    "LMCACHE_REMOTE_URL": f"redis://user:{CANARY}@host:6379",
    "KV_TRANSFER_CONFIG": json.dumps(
        {"kv_connector": "X", "kv_role": "kv_both", "kv_connector_extra_config": {"password": CANARY}}
    ),
}
CREDENTIAL = json.dumps({"type": "credential", "payload": {"credentialType": "api_token", "apiToken": f"hf_{CANARY}"}})
PLATFORMS: Mapping[str, Mapping[str, str]] = {
    "plain": {"VLLM_API_KEY": f"{CANARY}-vllm"},
    "runpod": {"RUNPOD_ENDPOINT_ID": "ep", "RUNPOD_AI_API_KEY": CANARY, "VLLM_API_KEY": f"{CANARY}-vllm"},
    "lmi": {
        "OPTION_ENV": f"VLLM_API_KEY={CANARY},OTHER={CANARY}",
        "OPTION_HF_TOKEN": f"hf_{CANARY}",
        "SERVING_KEYSTORE_PASS": CANARY,
        "VLLM_API_KEY": f"{CANARY}-vllm",
    },
    "datarobot": {
        "TARGET_NAME": "resultText",
        "DATAROBOT_API_TOKEN": CANARY,
        "MLOPS_RUNTIME_PARAM_HuggingFaceToken": CREDENTIAL,
        "MLOPS_RUNTIME_PARAM_NGC_API_KEY": CREDENTIAL,
    },
}


def flags(url: str) -> tuple[str, ...]:
    return ("--engine-url", url.replace("://", f"://user:{CANARY}@"), "--hf-token", f"hf_{CANARY}", "--api-key", KEY)


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_explain_shows_none(platform: str, form: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{CANARY} two words")
    words = ("explain", "--platform", platform, *flags("http://host"), "--api-key-file", str(tmp_path / "keys"), *form)
    variables = {**os.environ, "COLUMNS": "500", **COMMON, **PLATFORMS[platform]}
    done = subprocess.run(
        [sys.executable, "-m", "dragoman", *words], env=variables, capture_output=True, text=True, check=False
    )
    assert "api_key_file" in done.stdout
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_worker_shows_none(platform: str, upstream: Upstream, tmp_path: Path) -> None:
    variables = {**COMMON, **PLATFORMS[platform]}
    async with worker(tmp_path, *flags(upstream.url), variables=variables, platform=platform) as running:
        await running.ready()
        said = "".join([*await errors(running), *running.lines])
        assert len(running.lines) > 1
        processes = [running.process.pid, *running.family().values()]
        lines = [title(psutil.Process(pid)) for pid in processes]
        environments = [psutil.Process(pid).environ() for pid in running.family().values()]
    assert len(lines) == 3
    assert CANARY not in said
    assert not [line for line in lines if CANARY in line]
    assert not [each for each in environments if {"DRAGOMAN_API_KEY", "VLLM_API_KEY"} & each.keys()]


async def errors(running: Worker) -> list[str]:
    """What is said to requests that cannot be answered, with a key and without one, and to some that can."""
    said = []
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Bearer {KEY}"}):
            for path in ("/v1/chat/completions", "/invocations", "/predict/", "/directAccess/v1/x", "/metrics", "/x"):
                async with session.post(f"{running.url}{path}", data=b"{", headers=headers) as response:
                    said.append(f"{response.status} {dict(response.headers)} {await response.text()}")
    return said

"""The table of routes against the installed vLLM: a new one must be listed, one way or the other."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.engine.routes import ROUTES, Use

SCRIPT = Path(__file__).parent / "vllm_routes.py"
DEVELOPMENT = {"VLLM_SERVER_DEV_MODE": "1", "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1"}
# vLLM has these with optional packages and flags only.
RARE = {"/cohere/v2/chat", "/cohere/v2/chat/render", "/static/{file}", "/redoc"}


@pytest.fixture(scope="module")
def installed() -> Mapping[str, set[str]]:
    """The methods of each path of vLLM's."""
    run = subprocess.run(
        [sys.executable, SCRIPT],
        env={**os.environ, **DEVELOPMENT},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found: dict[str, set[str]] = {}
    for line in run.stdout.splitlines():
        if line.startswith("["):
            path, methods = json.loads(line)
            found.setdefault(path, set()).update(methods)
    return found


def test_every_route_is_listed(installed: Mapping[str, set[str]]) -> None:
    listed = {(route.path, method) for route in ROUTES for method in route.methods}
    there = {(path, method) for path, methods in installed.items() for method in methods}
    assert there - listed == set()


def test_every_route_that_is_listed_is_there(installed: Mapping[str, set[str]]) -> None:
    assert {route.path for route in ROUTES} - installed.keys() - RARE == set()


def test_the_routes_for_development_are_among_them(installed: Mapping[str, set[str]]) -> None:
    closed = {route.path for route in ROUTES if route.use is Use.CLOSED}
    assert closed >= {"/sleep", "/collective_rpc", "/reset_prefix_cache", "/server_info", "/scale_elastic_ep"}
    assert closed <= installed.keys()

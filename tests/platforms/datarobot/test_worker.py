"""Whole workers whose engine does not start."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platforms.datarobot.reports import Reports, reports
from tests.upstream import Upstream
from tests.workers import worker

pytestmark = pytest.mark.anyio

LAUNCHING = ("Deployment stage 1 out of 1", "vLLM Inference Server is launching...")
GIVEN_UP = ("Deployment status", "The worker has given up and ends; the reason is in its log.")


@pytest.fixture
def told() -> Iterator[Reports]:
    with reports() as told:
        yield told


async def test_datarobot_is_told_last_that_the_engine_does_not_start(told: Reports, tmp_path: Path) -> None:
    broken, code, temporary = tmp_path / "modules" / "vllm", tmp_path / "code", tmp_path / "temporary"
    for directory in (broken, code, temporary):
        directory.mkdir(parents=True)
    (broken / "__init__.py").write_text('raise RuntimeError("this build needs another GPU")')
    modules = filter(None, (str(broken.parent), os.environ.get("PYTHONPATH")))
    variables = {**told.environment(), "TARGET_NAME": "resultText", "PYTHONPATH": os.pathsep.join(modules)}
    flags = ("--code-dir", str(code), "--model", "any/model")
    async with worker(temporary, *flags, variables=variables, platform="datarobot") as running:
        assert await running.ended() == 3
    assert told.told == [LAUNCHING, GIVEN_UP]


async def test_datarobot_is_told_last_that_the_engine_was_not_ready_in_time(
    told: Reports, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.status = 503
    variables = {**told.environment(), "TARGET_NAME": "resultText"}
    flags = ("--code-dir", str(tmp_path), "--engine-url", upstream.url, "--startup-timeout", "2")
    async with worker(tmp_path, *flags, variables=variables, platform="datarobot") as running:
        assert await running.ended() == 3
    assert (told.told[-1], told.told.count(GIVEN_UP)) == (GIVEN_UP, 1)


async def test_a_report_that_fails_changes_nothing_of_the_end(
    told: Reports, upstream: Upstream, tmp_path: Path
) -> None:
    told.status, upstream.status = 500, 503
    variables = {**told.environment(), "TARGET_NAME": "resultText"}
    flags = ("--code-dir", str(tmp_path), "--engine-url", upstream.url, "--startup-timeout", "2")
    async with worker(tmp_path, *flags, variables=variables, platform="datarobot") as running:
        assert await running.ended() == 3
    assert any("the engine was not ready within 2 s" in line for line in running.lines)
    assert not any("Traceback" in line for line in running.lines)

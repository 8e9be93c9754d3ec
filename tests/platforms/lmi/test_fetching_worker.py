from pathlib import Path

import pytest

from dragoman.platforms import resolve
from tests.buckets import BUCKET, Buckets
from tests.workers import worker

pytestmark = pytest.mark.anyio

URL = f"s3://{BUCKET}/llama"


async def test_a_model_that_is_not_there_ends_the_worker_with_one_line(tmp_path: Path) -> None:
    with Buckets() as buckets:
        variables = {**buckets.variables, "OPTION_MODEL_ID": URL, "SERVING_DOWNLOAD_DIR": str(tmp_path / "downloads")}
        async with worker(tmp_path, variables=variables, platform="lmi") as running:
            assert await running.ended() == 3
    reason = f"{URL}: there is nothing; check the bucket and the prefix"
    assert any(line.startswith(f"dragoman: error: the engine did not start: {reason}") for line in running.lines)
    assert not any("Traceback" in line for line in running.lines)


async def test_what_is_explained_is_the_url_and_nothing_is_downloaded(tmp_path: Path) -> None:
    variables = {"OPTION_MODEL_ID": URL, "SERVING_DOWNLOAD_DIR": str(tmp_path / "downloads")}
    resolution = resolve(["--platform", "lmi"], variables)
    assert resolution.errors == ()
    assert resolution.engine_args[:2] == ("--model", URL)
    assert not [warning for warning in resolution.warnings if "SERVING_DOWNLOAD_DIR" in warning]
    assert list(tmp_path.iterdir()) == []

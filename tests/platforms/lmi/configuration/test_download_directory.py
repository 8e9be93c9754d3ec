from pathlib import Path

import pytest

from dragoman.platforms.lmi.configuration.download_directory import download_directory


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SERVING_DOWNLOAD_DIR": "/disk", "DJL_CACHE_DIR": "/cache"}, "/disk/download"),
        ({"SERVING_DOWNLOAD_DIR": "", "DJL_CACHE_DIR": "/cache"}, "/cache/download"),
        ({}, "/tmp/.djl.ai/download"),
    ],
)
def test_where_downloads_are_kept(environment: dict[str, str], expected: str) -> None:
    assert download_directory(environment) == Path(expected)

import fcntl
import os
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest

from dragoman.errors import EngineStartError
from dragoman.platforms.lmi.downloads import downloaded
from tests.buckets import BUCKET, Buckets, set_all

URL = f"s3://{BUCKET}/llama"
FILES = {"config.json": b"{}", "model.safetensors": b"weights", "adapters/french/adapter_config.json": b"[]"}


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    with Buckets() as buckets:
        set_all(monkeypatch, buckets.variables)
        yield buckets


@pytest.fixture
def model(buckets: Buckets) -> Buckets:
    """A bucket with a model in it."""
    buckets.put(**{f"llama/{name}": content for name, content in FILES.items()})
    return buckets


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("model")
def test_all_under_the_prefix_comes(tmp_path: Path) -> None:
    told: list[str] = []
    directory = downloaded(URL, tmp_path / "new" / "download", told.append)
    assert contents(directory) == FILES
    assert directory.parent == tmp_path / "new" / "download"
    assert told == [f"downloading {URL}: {amount}" for amount in ("0.0 of 11.0 B (0 %)", "11.0 of 11.0 B (100 %)")]


@pytest.mark.usefixtures("model")
def test_a_directory_that_is_there_is_used_again_without_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = downloaded(URL, tmp_path, print)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    told: list[str] = []
    assert downloaded(f"{URL}/", tmp_path, told.append) == first
    assert told == []


def partial(parent: Path) -> Path:
    """The directory that a download into ``parent`` fills; the download fails."""
    with pytest.raises(EngineStartError):
        downloaded(URL, parent, print)
    lock = next(parent.glob("*.lock"))
    directory = lock.with_suffix(".partial")
    directory.mkdir()
    return directory


def test_a_download_that_was_cut_short_goes_on(buckets: Buckets, tmp_path: Path) -> None:
    half_done = partial(tmp_path)
    buckets.put(**{f"llama/{name}": content for name, content in FILES.items()})
    kept = half_done / "model.safetensors"
    kept.write_bytes(b"WEIGHTS")
    (half_done / "config.json").write_bytes(b"{")
    (half_done / "config.json.0A1b2C3d").write_bytes(b"")
    (half_done / "adapters" / "gone").mkdir(parents=True)
    (half_done / "adapters" / "gone" / "adapter_config.json").write_bytes(b"")
    told: list[str] = []
    directory = downloaded(URL, tmp_path, told.append)
    assert contents(directory) == FILES | {"model.safetensors": b"WEIGHTS"}
    assert [path.name for path in (directory / "adapters").iterdir()] == ["french"]
    assert told[0] == f"downloading {URL}: 7.0 of 11.0 B (63 %)"
    assert not half_done.exists()


def test_a_file_that_was_replaced_since_comes_again(buckets: Buckets, tmp_path: Path) -> None:
    half_done = partial(tmp_path)
    old = half_done / "model.safetensors"
    old.write_bytes(b"WEIGHTS")
    os.utime(old, (0, 0))
    buckets.put(**{"llama/model.safetensors": b"weights"})
    assert contents(downloaded(URL, tmp_path, print)) == {"model.safetensors": b"weights"}


DOWNLOAD = """
import sys
from pathlib import Path
from dragoman.platforms.lmi.downloads import downloaded
print(downloaded(sys.argv[1], Path(sys.argv[2]), lambda text: None))
"""


@pytest.mark.usefixtures("model")
def test_workers_that_start_together_get_one_directory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DOWNLOAD, URL, str(tmp_path)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {worker.communicate()[0].strip() for worker in workers}
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert [contents(Path(directory)) for directory in said] == [FILES]


def test_a_worker_waits_for_its_turn_and_says_so(buckets: Buckets, tmp_path: Path) -> None:
    half_done = partial(tmp_path)
    buckets.put(**{f"llama/{name}": content for name, content in FILES.items()})
    told: SimpleQueue[str] = SimpleQueue()
    with half_done.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        worker = Thread(target=downloaded, args=(URL, tmp_path, told.put))
        worker.start()
        assert told.get() == f"waiting for another worker that downloads {URL}"
        for path in (half_done / "config.json", half_done.with_suffix("") / "config.json"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"the other worker's")
    worker.join()
    assert told.empty()
    assert contents(half_done.with_suffix("")) == {"config.json": b"the other worker's"}


@pytest.mark.parametrize(
    "name", ["../outside", "a/../../outside", "a/..", "./a", "/etc/outside", "a//b", "nul\0byte"], ids=repr
)
def test_no_key_leads_out_of_the_directory(buckets: Buckets, tmp_path: Path, name: str) -> None:
    buckets.put(**{f"llama/{name}": b"", "llama/config.json": b"{}"})
    with pytest.raises(EngineStartError, match="is not the path of a file inside a directory; rename it"):
        downloaded(URL, tmp_path, print)
    assert [path.suffix for path in tmp_path.rglob("*")] == [".lock"]


Usage = namedtuple("Usage", "free")


@pytest.mark.usefixtures("model")
def test_a_disk_without_room_is_seen_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(1))
    told: list[str] = []
    with pytest.raises(EngineStartError, match=r"into .*: 11.0 B are to come and 1.0 B are free; SERVING_DOWNLOAD"):
        downloaded(URL, tmp_path, told.append)
    assert told == []


def test_nothing_under_the_prefix(buckets: Buckets, tmp_path: Path) -> None:
    buckets.put(**{"llama/": b"", "llama-2/config.json": b"{}"})
    with pytest.raises(EngineStartError, match=f"^{URL}: there is nothing; check the bucket and the prefix$"):
        downloaded(URL, tmp_path, print)


def test_a_refusal_of_s3_is_the_reason(buckets: Buckets, tmp_path: Path) -> None:
    buckets.client.delete_bucket(Bucket=BUCKET)
    with pytest.raises(EngineStartError, match="there is no such bucket"):
        downloaded(URL, tmp_path, print)


def test_a_file_that_cannot_be_written(buckets: Buckets, tmp_path: Path) -> None:
    buckets.put(**{"llama/adapters": b"a file", "llama/adapters/french": b"a file in it"})
    with pytest.raises(EngineStartError, match=f"^{URL} cannot be kept in {tmp_path}: "):
        downloaded(URL, tmp_path, print)


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "download").write_text("in the way")
    with pytest.raises(EngineStartError, match="File exists; SERVING_DOWNLOAD_DIR names another directory"):
        downloaded(URL, tmp_path / "download", print)

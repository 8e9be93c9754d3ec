from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.machine import Memory
from tests.settings.tuning.machines import GIB, describe, setting
from tests.settings.tuning.models import TOKEN, write_model

SHARE = "gpu_memory_utilization"


def test_a_cache_is_no_larger_than_requests_can_fill(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    describe(monkeypatch)
    found = setting("kv_cache_memory_bytes", str(write_model(tmp_path)))
    assert found.value == 64 * 4096 * TOKEN
    assert found.source == "worker default: 64 requests of 4096 tokens take no more"


def test_the_length_of_requests_is_the_one_that_was_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    describe(monkeypatch)
    found = setting("kv_cache_memory_bytes", str(write_model(tmp_path)), "--max-model-len", "1024")
    assert found.value == 64 * 1024 * TOKEN


@pytest.mark.parametrize(
    ("memory", "gib", "left"),
    [
        (Memory(64 * GIB, 20 * GIB, limited=False), 17.5, "20.0 GiB are left"),
        (Memory(8 * GIB, 6 * GIB, limited=True), 4.2, "6.0 GiB are left to the container"),
    ],
    ids=["machine", "container"],
)
def test_a_cache_fits_beside_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, memory: Memory, gib: float, left: str
) -> None:
    describe(monkeypatch, memory=memory)
    found = setting("kv_cache_memory_bytes", str(write_model(tmp_path, max_position_embeddings=2**20)))
    assert found.value == pytest.approx(gib * GIB, abs=2**20)
    assert found.source == f"worker default: {left}, less the weights and a margin"


@pytest.mark.parametrize(
    ("share", "gib", "left"),
    [("0.5", 28.9, "32.0 GiB are left"), ("0.25", 13.7, "16.0 GiB are left"), ("1", 55.5, "60.0 GiB are left")],
)
def test_a_worker_among_others_fits_into_its_share(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, share: str, gib: float, left: str
) -> None:
    describe(monkeypatch, memory=Memory(64 * GIB, 60 * GIB, limited=False))
    model = str(write_model(tmp_path, max_position_embeddings=2**20))
    found = setting("kv_cache_memory_bytes", model, "--machine-share", share)
    assert found.value == pytest.approx(gib * GIB, abs=2**20)
    assert found.source == f"worker default: {left}, less the weights and a margin"


@pytest.mark.parametrize(("limited", "copies"), [(False, 1), (True, 2)], ids=["machine", "container"])
def test_weights_count_and_in_a_container_their_files_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limited: bool, copies: int
) -> None:
    describe(monkeypatch, memory=Memory(8 * GIB, 8 * GIB, limited=limited))
    model = write_model(tmp_path, max_position_embeddings=2**20)
    with (model / "more.safetensors").open("wb") as file:
        file.write((2).to_bytes(8, "little") + b"{}")
        file.truncate(GIB)
    assert setting("kv_cache_memory_bytes", str(model)).value == pytest.approx((6.1 - copies) * GIB, abs=2**20)


def test_full_precision_makes_the_weights_larger_than_their_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    describe(monkeypatch, memory=Memory(8 * GIB, 8 * GIB, limited=False))
    model = write_model(tmp_path, parameters=GIB // 2, max_position_embeddings=2**20)
    found = setting("kv_cache_memory_bytes", str(model), "--dtype", "float32")
    assert found.value == pytest.approx((6.1 - 2) * GIB, abs=2**20)


def test_where_nothing_is_left_vllm_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    describe(monkeypatch, memory=Memory(GIB, GIB, limited=True))
    assert not setting("kv_cache_memory_bytes", str(write_model(tmp_path))).is_set


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--gpu-memory-utilization", "0.5"], {}),
        (["--num-gpu-blocks-override", "9"], {}),
        (["--tensor-parallel-size", "2"], {}),
        (["--data-parallel-size", "2"], {}),
        ([], {"VLLM_CPU_KVCACHE_SPACE": "4"}),
    ],
    ids=["a share", "blocks", "several workers", "several engines", "vLLM's older option"],
)
def test_what_a_user_has_decided_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], environment: Mapping[str, str]
) -> None:
    describe(monkeypatch)
    found = setting("kv_cache_memory_bytes", str(write_model(tmp_path)), *arguments, environment=environment)
    assert not found.is_set


@pytest.mark.parametrize(
    ("memory", "share"),
    [
        (Memory(8 * GIB, 8 * GIB, limited=True), 0.76),
        (Memory(64 * GIB, 64 * GIB, limited=True), None),
        (Memory(GIB, GIB, limited=True), None),
        (Memory(8 * GIB, 8 * GIB, limited=False), None),
    ],
    ids=["a container", "one with enough for all", "one with too little", "a machine"],
)
def test_an_unknown_model_leaves_room_for_the_workers_processes_in_a_container(
    monkeypatch: pytest.MonkeyPatch, memory: Memory, share: float | None
) -> None:
    describe(monkeypatch, memory=memory)
    found = setting(SHARE, "org/name")
    assert (found.value if found.is_set else None) == share


def test_an_unknown_model_among_others_gets_a_share_of_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    describe(monkeypatch, memory=Memory(64 * GIB, 64 * GIB, limited=True))
    assert setting(SHARE, "org/name", "--machine-share", "0.5").value == 0.45


def test_a_gpus_memory_is_vllms_to_share() -> None:
    assert not setting("kv_cache_memory_bytes", gpus=1).is_set

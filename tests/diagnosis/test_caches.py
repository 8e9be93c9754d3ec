from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.diagnosis.caches import Caches, compiled, look, plans
from dragoman.diagnosis.units import GIB
from tests.diagnosis.subjects import judged, subject

VOLUME = "docker run --volume dragoman-cache:/cache --env VLLM_CACHE_ROOT=/cache …"
HEALTHY = Caches("/cache/vllm", False, 2, GIB, 1)


@pytest.mark.parametrize(
    ("found", "severity", "cure"),
    [
        (HEALTHY, "fine", ""),
        (Caches(None), "fine", ""),
        (replace(HEALTHY, temporary=True), "advice", VOLUME),
        (replace(HEALTHY, size=30 * GIB), "advice", "rm -rf /cache/vllm/torch_compile_cache"),
    ],
)
def test_compiled(found: Caches, severity: str, cure: str) -> None:
    verdict = judged(compiled, found)
    assert (verdict.severity, verdict.cure) == (severity, cure)


def test_plans() -> None:
    assert judged(plans, HEALTHY).what == "no KV cache is measured on a GPU"
    assert judged(plans, HEALTHY, subject("--gpus", "1")).what == "measured sizes of KV caches: 1"


def test_looking(tmp_path: Path) -> None:
    for name in ("torch_compile_cache/one/a", "torch_compile_cache/two/b", "inductor/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 5000)
    found = look(subject(VLLM_CACHE_ROOT=str(tmp_path)))
    assert (found.root, found.graphs) == (str(tmp_path), 2)
    assert found.size >= 15000
    assert look(subject("--engine-url", "http://localhost:1")) == Caches(None)

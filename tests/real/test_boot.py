"""What a start is made of, with a model that has to be downloaded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.engine.milestones import PHASES
from dragoman.models import MINI
from tests.hub import NAME, Hub, serving
from tests.real.worker import Worker, eventually

FLAGS = (NAME, "--enforce-eager", "--kv-cache-memory-bytes", "512M")


@pytest.fixture
def hub() -> Iterator[tuple[Hub, dict[str, str]]]:
    """A hub with the bundled model, and the variables by which a worker finds it."""
    hub = Hub(Path(MINI))
    with serving(hub) as url:
        yield hub, {"HF_ENDPOINT": url, "OMP_NUM_THREADS": "1"}


def phases(worker: Worker) -> dict[str, tuple[float, float]]:
    """When each phase of the last start began and when it ended."""
    told = worker.health()[1]["boot"]["phases"]
    return {phase["name"]: (phase["begins"], phase["begins"] + phase["seconds"]) for phase in told}


def test_a_model_is_downloaded_while_vllm_is_imported_and_restarts_do_neither(
    hub: tuple[Hub, dict[str, str]], tmp_path: Path
) -> None:
    source, variables = hub
    source.may_send.clear()
    kept = {"HF_HOME": str(tmp_path / "hub"), "VLLM_CACHE_ROOT": str(tmp_path / "vllm")}
    with Worker(*FLAGS, variables={**variables, **kept}) as worker:
        eventually(lambda: "importing, downloading org/mini: 0.0 of" in worker.health()[1]["phase"], "the download")
        source.may_send.set()
        worker.wait_ready()
        first = phases(worker)
        assert first.keys() >= {"launching", "importing", "downloading", "configuring", *PHASES, "warming up"}
        assert first["importing"][0] < first["downloading"][1] < first["importing"][1]
        assert worker.health()[1]["boot"]["last_total"] is None

        worker.family()["EngineCore"].kill()
        eventually(lambda: worker.metric("dragoman_restarts_total") == 1, "the engine has been started again")
        assert phases(worker).keys().isdisjoint({"importing", "downloading"})
        total = first["warming up"][1]

    with Worker(*FLAGS, variables={**variables, **kept}) as worker:
        boot = worker.wait_ready().health()[1]["boot"]
        assert boot["last_total"] == pytest.approx(total, abs=0.1)
        assert "downloading" not in phases(worker)


def test_a_model_that_the_hub_does_not_have_ends_the_start_in_one_line(
    hub: tuple[Hub, dict[str, str]], tmp_path: Path
) -> None:
    with Worker("org/other", variables={**hub[1], "HF_HOME": str(tmp_path)}) as worker:
        assert worker.process.wait(60) == 3
        assert "dragoman: error: the engine did not start: org/other is neither a directory here" in worker.log()
        assert "Traceback" not in worker.log()

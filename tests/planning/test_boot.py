from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.planning.boot import ESTIMATE, LAST, Forecast, forecast
from dragoman.platforms import resolve
from dragoman.process.boots import Boots
from dragoman.process.timeline import Boot, BootPhase
from dragoman.settings.resolution import Resolution


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    return {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}


def here(environment: Mapping[str, str]) -> Resolution:
    return resolve(["--gpus", "0"], environment)


def foretold(environment: Mapping[str, str], to_download: int = 0, eager: bool = True, gpu: bool = False) -> Forecast:
    return forecast(
        here(environment), environment, files=2_000_000_000, to_download=to_download, is_eager=eager, is_gpu=gpu
    )


def test_without_a_start_before_it_is_an_estimate(environment: Mapping[str, str]) -> None:
    found = foretold(environment)
    assert found.basis == ESTIMATE
    assert dict(found.phases)["loading the weights"] == pytest.approx(2.3)
    assert found.total == pytest.approx(sum(seconds or 0 for _, seconds in found.phases))


def test_compiling_takes_longer_and_on_a_gpu_nobody_knows_how_long(environment: Mapping[str, str]) -> None:
    assert (foretold(environment, eager=False).total or 0) > (foretold(environment).total or 0) + 10
    assert foretold(environment, eager=False, gpu=True).total is None
    assert foretold(environment, eager=True, gpu=True).total is not None


def test_a_download_goes_on_beside_the_import(environment: Mapping[str, str]) -> None:
    base = foretold(environment).total or 0
    assert foretold(environment, to_download=500_000_000).total == pytest.approx(base)
    assert foretold(environment, to_download=10_000_000_000).total == pytest.approx(base + 100 - 7.7)


def test_the_last_start_counts(environment: Mapping[str, str]) -> None:
    resolution = here(environment)
    root = {name: value for name, value in resolution.environment.items() if value is not None}
    phases = (BootPhase("importing", 0.0, 5.0), BootPhase("downloading", 0.0, 9.0), BootPhase("warming up", 5.0, 1.0))
    Boots.of(resolution, {**environment, **root}).keep(Boot(6.0, phases))
    found = foretold(environment)
    assert (found.basis, found.total) == (LAST, 6.0)
    assert found.phases == (("importing", 5.0), ("warming up", 1.0))

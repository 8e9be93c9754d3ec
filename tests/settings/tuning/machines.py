"""Machines without GPUs, described instead of looked at."""

from collections.abc import Mapping

import pytest

from dragoman import machine
from dragoman.machine import Cores, Memory
from dragoman.platforms import resolve
from dragoman.settings.resolution import ResolvedSetting
from dragoman.settings.tuning import boot, memory_node

GIB = 2**30
EIGHT = Cores(8, None)
PLENTY = Memory(64 * GIB, 60 * GIB, limited=False)


def describe(
    monkeypatch: pytest.MonkeyPatch,
    cores: Cores = EIGHT,
    memory: Memory = PLENTY,
    compiler: bool = True,
) -> None:
    """Makes the settings believe in these cores, this memory, and a C++ compiler or none."""
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(machine, "memory", lambda: memory)
    monkeypatch.setattr(memory_node, "beside_first_core", lambda memory: memory)
    monkeypatch.setattr(boot, "has_cpp_compiler", lambda environment: compiler)


def setting(name: str, *arguments: str, environment: Mapping[str, str] | None = None, gpus: int = 0) -> ResolvedSetting:
    """The setting that a worker would have on platform plain."""
    resolution = resolve([*arguments, "--gpus", str(gpus)], environment or {})
    assert not resolution.errors
    return next(setting for setting in resolution.settings if setting.name == name)

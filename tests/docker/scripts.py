"""The image's own scripts, which belong to no package."""

from importlib.util import module_from_spec, spec_from_file_location
from typing import Any, TypeAlias

from tests.docker.dockerfile import ROOT

# Loaded from a file, so its names are known when it runs.
Script: TypeAlias = Any


def script(name: str) -> Script:
    """A script of docker/ as a module."""
    spec = spec_from_file_location(f"docker_{name}", ROOT / "docker" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""The targets, by the names that `--as` takes."""

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.platforms import PLATFORMS
from dragoman.written.kubernetes import TARGET as KUBERNETES
from dragoman.written.target import Target

TARGETS: Mapping[str, Target] = MappingProxyType(
    {target.name: target for target in (*(platform.target for platform in PLATFORMS), KUBERNETES)}
)

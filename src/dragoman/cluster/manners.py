"""How a platform speaks where no replica of the worker does."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from dragoman.platforms import PLATFORMS
from dragoman.platforms.dialect import dialect
from dragoman.serving.entrance.refusals import Refuse
from dragoman.serving.probes import Probe
from dragoman.settings.resolution import Resolution


@dataclass(frozen=True)
class Manners:
    """What the front takes over of the platform's dialect.

    Args:
        health: the path of the probe that answers 200 only while a worker serves.
        probe: answers the platform's probes.
        refuse: makes the platform's errors.
        id_headers: the headers in which a request may be named, in lower case, the strongest first.
    """

    health: str
    probe: Probe
    refuse: Refuse
    id_headers: Sequence[bytes]

    @classmethod
    def of(cls, resolution: Resolution) -> Self:
        """Those of the platform that the settings are for."""
        platform = next(platform for platform in PLATFORMS if platform.name == resolution.platform)
        settings = {name: resolution.value(name) for name in platform.hands_down}
        speaks = dialect(platform.name)
        probe, refuse = partial(speaks.probe, settings=settings), partial(speaks.refused, settings=settings)
        return cls(speaks.health_path(settings), probe, refuse, speaks.ID_HEADERS)

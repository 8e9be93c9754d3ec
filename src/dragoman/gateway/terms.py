"""What holds for every job of an endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dragoman.gateway.states import Kind

KEPT = MappingProxyType({Kind.RUN: 1800.0, Kind.RUNSYNC: 60.0, Kind.OPENAI: 60.0})
"""Seconds for which RunPod keeps what has ended: 30 minutes for ``/run``, one for whoever has waited for it."""


@dataclass(frozen=True)
class Terms:
    """The endpoint's terms, in seconds.

    Attributes:
        execution_timeout: how long a job may run that asks for nothing else.
        lost_after: how long a worker may be silent about a job until it counts as lost.
        kept: how long a job can be read after its end.
    """

    execution_timeout: float = 600.0
    lost_after: float = 30.0
    kept: Mapping[Kind, float] = field(default_factory=lambda: KEPT)

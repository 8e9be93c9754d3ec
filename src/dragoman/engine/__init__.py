"""The engine: an ASGI application that answers OpenAI requests, and what the worker needs to know about it."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from starlette.types import ASGIApp

from dragoman.machine import count_gpus
from dragoman.process.plan import Plan

Report = Callable[[str], None]


class Engine(Protocol):
    """An engine that runs."""

    @property
    def app(self) -> ASGIApp:
        """What answers."""

    @property
    def tasks(self) -> frozenset[str]:
        """The names in vLLM of what the model can do: generate, embed, classify, …; empty where nobody knows."""

    @property
    def slots(self) -> int | None:
        """How many sequences it works on at a time; None where nobody knows."""

    def healthy(self) -> bool:
        """Whether a request would be answered now."""

    async def death(self) -> str:
        """Returns the reason, in one line, when the engine will never answer again."""


class Source(Protocol):
    """Where an engine comes from."""

    def prepare(self, plan: Plan, report: Report) -> None:
        """The part that may block and fork, in the server process before there is an event loop.

        Args:
            plan: what to serve, with all that has been downloaded in its place.
            report: is told the name of each phase as it begins.
        """

    def open(self, report: Report) -> AbstractAsyncContextManager[Engine]:
        """The engine, until the context ends."""


def load(plan: Plan) -> Source:
    """Imports what the planned engine needs: about ten seconds for vLLM."""
    if plan.engine_url is not None:
        from dragoman.engine.remote import RemoteSource

        return RemoteSource(plan.engine_url)
    from dragoman.engine.companions import hide_misfits

    hide_misfits()
    if "--enforce-eager" in plan.engine_args and not count_gpus(os.environ):
        # vLLM compiles parts of its sampler all the same: seven seconds of the first request for log-probabilities.
        os.environ.setdefault("TORCH_COMPILE_DISABLE", "1")
    from dragoman.engine.vllm import VllmSource

    return VllmSource(plan.limits)

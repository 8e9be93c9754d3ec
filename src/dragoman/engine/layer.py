"""An engine behind another application."""

from starlette.types import ASGIApp

from dragoman.engine import Engine


class Layer:
    """The engine, with an application around its own.

    Args:
        engine: the engine.
        app: what answers in place of its application.
    """

    def __init__(self, engine: Engine, app: ASGIApp) -> None:
        self._engine = engine
        self.app = app

    @property
    def tasks(self) -> frozenset[str]:
        """What the model can do."""
        return self._engine.tasks

    @property
    def slots(self) -> int | None:
        """How many sequences it works on at a time."""
        return self._engine.slots

    def healthy(self) -> bool:
        """Whether a request would be answered now."""
        return self._engine.healthy()

    async def death(self) -> str:
        """Returns the reason when the engine will never answer again."""
        return await self._engine.death()

"""The adapters of the model: those that it started with, and those that have come since."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from dragoman.platforms.lmi.adapters.loading import Loader
from dragoman.platforms.lmi.adapters.places import directory, model_directory
from dragoman.platforms.lmi.adapters.records import Adapter, Records
from dragoman.platforms.lmi.adapters.traffic import Traffic
from dragoman.platforms.lmi.errors import HandlerError, ServerError, bad_request, named
from dragoman.platforms.lmi.options import Options

PATIENCE = 60.0
CODE = "model.py"

log = logging.getLogger("dragoman")


class Registry:
    """The adapters by name, and whether the engine has them.

    There may be more of them than the engine has slots for: it loads again what it has displaced. Pinned ones are
    counted, and none is loaded ahead of requests once there are as many as slots; vLLM is told of no pins, because
    EngineCore dies of a request for an adapter that no slot is left for.

    Args:
        loader: loads them into the engine.
        traffic: knows which requests run on them.
        options: what the operator chose.
        records: what the worker knew before the engine's last death.
    """

    def __init__(self, loader: Loader, traffic: Traffic, options: Options, records: Records) -> None:
        self._loader = loader
        self._traffic = traffic
        self._options = options
        self._records = records
        self._model = model_directory(options.model_url)
        first = {each["name"]: Adapter(each["name"], each["path"]) for each in options.lora_modules}
        kept = records.read()
        self._adapters = first if kept is None else {adapter.name: adapter for adapter in kept}
        self._loaded = {name: adapter.src for name, adapter in first.items()}
        # On the hub, or where the engine runs: it has found them, and only it can.
        self._engines_own = {src for src in self._loaded.values() if not Path(src).is_absolute()}
        self._changes = asyncio.Lock()
        self._works: set[asyncio.Task[None]] = set()
        self._restoring: asyncio.Task[None] | None = None

    def __contains__(self, name: object) -> bool:
        """Whether there is such an adapter."""
        return name in self._adapters

    def all(self) -> tuple[Adapter, ...]:
        """All adapters, in the order in which they came."""
        return tuple(self._adapters.values())

    def known(self, name: str) -> Adapter:
        """An adapter by name.

        Raises:
            ServerError: 404, there is none.
        """
        if name not in self._adapters:
            raise bad_request(f"The adapter {named(name)} was not found", HTTPStatus.NOT_FOUND)
        return self._adapters[name]

    async def restored(self) -> None:
        """Returns when the engine has what it had before its last death."""
        if self._restoring is None:
            self._restoring = asyncio.create_task(self._restore())
        if not self._restoring.done():
            await asyncio.shield(self._restoring)

    async def resolve(self, name: str) -> str:
        """The engine's name for an adapter that a request asks for; when it returns, the engine has it.

        Raises:
            HandlerError: there is no such adapter, or it cannot be loaded.
        """
        await self.restored()
        adapter = self._asked(name)
        if adapter.src not in self._engines_own:
            # Without its files the engine would die of an adapter that it has displaced and is to load again.
            directory(adapter.src, self._model)
        if not self._has(adapter):
            await self._to_its_end(self._load_asked(name))
        return name

    async def register(self, adapter: Adapter) -> None:
        """Adds an adapter; when it returns, the engine has it, or will when it is first asked for.

        Raises:
            ServerError: 409, the name is taken.
            HandlerError: 424, it is no adapter that can be loaded; 507, there is no slot for it.
        """
        await self._to_its_end(self._register(adapter))

    async def update(self, adapter: Adapter) -> None:
        """Changes when the adapter of that name is loaded, or pins it.

        Raises:
            ServerError: 404, there is none.
            HandlerError: 424, the change is not supported; 507, there is no slot for it.
        """
        await self._to_its_end(self._update(adapter))

    async def unregister(self, name: str) -> None:
        """Takes an adapter away; requests that run on it go on.

        Raises:
            ServerError: 404, there is none.
        """
        await self._to_its_end(self._unregister(name))

    async def _register(self, adapter: Adapter) -> None:
        await self.restored()
        self._refuse_taken(adapter.name)
        async with self._change(adapter.name):
            self._refuse_taken(adapter.name)
            _refuse_contradiction(adapter)
            _notice_code(directory(adapter.src, self._model))
            await self._preload(adapter)
            self._keep(adapter)

    async def _update(self, adapter: Adapter) -> None:
        await self.restored()
        async with self._change(adapter.name):
            _refuse_change(self.known(adapter.name), adapter)
            _refuse_contradiction(adapter)
            await self._preload(adapter)
            self._keep(adapter)

    async def _unregister(self, name: str) -> None:
        await self.restored()
        async with self._changes:
            self.known(name)
            if name in self._loaded:
                await self._unload(name)
            del self._adapters[name]
            self._records.write(self.all())

    async def _load_asked(self, name: str) -> None:
        async with self._change(name):
            await self._load(self._asked(name))

    async def _restore(self) -> None:
        async with self._changes:
            for name, src in list(self._loaded.items()):
                if name not in self._adapters or self._adapters[name].src != src:
                    await _or_warn(self._unload(name))
            for adapter in self.all():
                if adapter.preload:
                    await _or_warn(self._load(adapter))

    async def _preload(self, adapter: Adapter) -> None:
        if adapter.preload:
            self._refuse_without_slot(adapter)
            await self._load(adapter)

    async def _load(self, adapter: Adapter) -> None:
        """Has the engine load an adapter that it does not have."""
        if not self._has(adapter):
            await self._loader.load(adapter.name, directory(adapter.src, self._model))
            self._loaded[adapter.name] = adapter.src

    async def _unload(self, name: str) -> None:
        await self._loader.unload(name)
        del self._loaded[name]

    def _has(self, adapter: Adapter) -> bool:
        return self._loaded.get(adapter.name) == adapter.src

    def _keep(self, adapter: Adapter) -> None:
        self._adapters[adapter.name] = adapter
        self._records.write(self.all())

    def _asked(self, name: str) -> Adapter:
        if name not in self._adapters:
            why = "" if self._options.enable_lora else ": LoRA is not enabled (option.enable_lora)"
            raise HandlerError(f"Adapter {named(name)} is not registered{why}")
        return self._adapters[name]

    def _refuse_taken(self, name: str) -> None:
        if name in self._adapters:
            message = f"The adapter {name} already exists. Unregister it before you register another one by its name."
        elif name in self._options.served_model_name:
            message = f"{name} is a name of the model itself. Choose another one for the adapter."
        else:
            return
        raise ServerError(message, HTTPStatus.CONFLICT, "IllegalArgumentException")

    def _refuse_without_slot(self, adapter: Adapter) -> None:
        slots = self._options.max_loras
        pinned = sorted(each.name for each in self.all() if each.pin and each.name != adapter.name)
        if len(pinned) >= slots:
            message = f"No free LoRA slots for adapter {adapter.name}: max_loras is {slots}, and pinned are {pinned}"
            raise HandlerError(message, HTTPStatus.INSUFFICIENT_STORAGE)

    @asynccontextmanager
    async def _change(self, name: str) -> AsyncIterator[None]:
        """One change at a time, and no load while requests run on another adapter that had the same name.

        vLLM tells the adapters of a batch apart by name; with two of one name in it, EngineCore dies.
        """
        if name not in self._loaded:
            await self._quiet(name)
        async with self._changes:
            yield

    async def _quiet(self, name: str) -> None:
        try:
            await asyncio.wait_for(self._traffic.gone(name), PATIENCE)
        except TimeoutError:
            message = f"Requests still run on the adapter {name} that was unregistered. Try again when they have ended."
            raise HandlerError(message, HTTPStatus.CONFLICT) from None

    async def _to_its_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Does the work to its end, so that engine and registry agree even if the one who asked for it leaves."""
        task = asyncio.create_task(work)
        self._works.add(task)
        task.add_done_callback(self._works.discard)
        await asyncio.shield(task)


def _refuse_contradiction(adapter: Adapter) -> None:
    if adapter.pin and not adapter.preload:
        raise HandlerError(f"Can not set preload to false and pin to true for adapter {adapter.name}")


def _refuse_change(old: Adapter, new: Adapter) -> None:
    if new.src != old.src:
        raise HandlerError(f"Updating the src of an adapter is not supported: {old.name} is at {old.src}")
    if old.pin and not new.pin:
        raise HandlerError(f"Unpinning an adapter is not supported: {old.name}")


def _notice_code(path: Path) -> None:
    if (path / CODE).exists():
        log.warning("%s is not run: a worker with vLLM's own API has no formatters of adapters", path / CODE)


async def _or_warn(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except HandlerError as error:
        log.warning("after the engine's death: %s", error)

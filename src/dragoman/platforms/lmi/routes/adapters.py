"""/adapters: DJL Serving's management of LoRA adapters."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.platforms.lmi.adapters.records import Adapter
from dragoman.platforms.lmi.adapters.registry import Registry
from dragoman.platforms.lmi.errors import ServerError, bad_request
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes.documents import document, status
from dragoman.platforms.lmi.routes.headers import with_attributes
from dragoman.platforms.lmi.routes.model import Model
from dragoman.platforms.lmi.routes.parameters import Parameters, flag, page, parameters
from dragoman.serving.table import Handler, Route

ALIAS = "x-amzn-sagemaker-adapter-alias"


class AdaptersApi:
    """Lists, describes, registers, updates and unregisters the model's adapters.

    Args:
        registry: what knows the adapters.
        model: the model.
        options: what the operator chose.
    """

    def __init__(self, registry: Registry, model: Model, options: Options) -> None:
        self._registry = registry
        self._model = model
        self._enabled = options.enable_lora
        self._limits = options.limits

    def routes(self) -> Iterator[Route]:
        """The rows, with and without the one model's name."""
        for path in ("/adapters", "/models/{model}/adapters"):
            yield Route("GET", path, self._admitting(self._list))
            yield Route("POST", path, self._admitting(self._register))
            yield Route("GET", f"{path}/{{name}}", self._admitting(self._describe))
            yield Route("DELETE", f"{path}/{{name}}", self._admitting(self._unregister))
            yield Route("POST", f"{path}/{{name}}/update", self._admitting(self._update))

    def _admitting(self, handler: Handler) -> Handler:
        """The handler, for requests about this model, where it takes adapters."""

        async def handle(request: Request) -> ASGIApp:
            self._demand_model(request.path_params.get("model"))
            if not self._enabled:
                raise bad_request("LoRA is not enabled.")
            return await handler(request)

        return handle

    def _demand_model(self, name: str | None) -> None:
        try:
            self._model.demand(name)
        except ServerError as error:
            # Here DJL Serving gives an unknown model the name that an unknown adapter has.
            raise bad_request(str(error), error.status) from None

    async def _list(self, request: Request) -> Response:
        adapters, following = page(self._registry.all(), request.query_params)
        return document(following | {"adapters": [asdict(adapter) for adapter in adapters]})

    async def _describe(self, request: Request) -> Response:
        return document(asdict(self._named(request)))

    async def _register(self, request: Request) -> Response:
        given = await parameters(request, self._limits)
        adapter = Adapter(
            self._required(given, "name"),
            self._required(given, "src"),
            preload=flag(given, "preload", True),
            pin=flag(given, "pin", False),
        )
        await self._registry.register(adapter)
        return _done(request, adapter, "registered")

    async def _update(self, request: Request) -> Response:
        given = await parameters(request, self._limits)
        old = self._named(request)
        preload, pin = flag(given, "preload", old.preload), flag(given, "pin", old.pin)
        await self._registry.update(replace(old, src=given.get("src", old.src), preload=preload, pin=pin))
        return _done(request, old, "updated")

    async def _unregister(self, request: Request) -> Response:
        adapter = self._named(request)
        await self._registry.unregister(adapter.name)
        return _done(request, adapter, "unregistered")

    def _named(self, request: Request) -> Adapter:
        return self._registry.known(request.path_params["name"])

    def _required(self, given: Parameters, name: str) -> str:
        value: Any = given.get(name)
        if value is None:
            raise bad_request(f"Parameter {name} is required.")
        if not isinstance(value, str):
            raise bad_request(f"Parameter {name} is invalid: it is not text.")
        return value


def _done(request: Request, adapter: Adapter, what: str) -> Response:
    """The answer that something was done with an adapter, which clients may know by another name."""
    return status(f"Adapter {with_attributes(request.headers).get(ALIAS) or adapter.name} {what}")

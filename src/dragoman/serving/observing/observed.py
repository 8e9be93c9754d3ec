"""The outermost layer: every request gets its name, and is told of when it ends."""

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.serving.observing.exchange import Exchange, Observer
from dragoman.serving.observing.request_context import RequestContext, working_on
from dragoman.serving.observing.request_ids import HEADER, request_id

KINDS = ("http", "websocket")


class Observed:
    """An application whose requests are observed.

    Args:
        app: the application.
        observers: are told of each request, in this order when it begins, and in the reverse when it ends.
        id_headers: the headers that may name a request, in lower case, the strongest first.
        route_of: gives the pattern of a path.
    """

    def __init__(
        self,
        app: ASGIApp,
        observers: Sequence[Observer] = (),
        id_headers: Sequence[bytes] = (HEADER,),
        route_of: Callable[[str], str] = str,
    ) -> None:
        self._app = app
        self._observers = tuple(observers)
        self._id_headers = tuple(id_headers)
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Has the application answer."""
        if scope["type"] not in KINDS:
            await self._app(scope, receive, send)
            return
        context = RequestContext(request_id(scope["headers"], self._id_headers))
        exchange = Exchange(scope, self._route_of(scope["path"]), context)
        for observer in self._observers:
            observer.began(exchange)
        with working_on(exchange.context):
            try:
                await self._app(exchange.identified(), exchange.receiving(receive), exchange.sending(send))
            finally:
                exchange.end()
                for observer in reversed(self._observers):
                    observer.ended(exchange)

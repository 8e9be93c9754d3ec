"""/chat/completions and /v1/chat/completions: the engine's answer, or that of a hook of custom.py."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing

from multidict import CIMultiDict
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine.client import Response as EngineResponse
from dragoman.engine.messages import unless_left
from dragoman.engine.threads import aside
from dragoman.platforms.datarobot import hooks
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.hooks import Hook
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.calls import CHAT, DrumCalls
from dragoman.platforms.datarobot.routes.chat_requests import ASSOCIATION_ID, Chat, read
from dragoman.platforms.datarobot.routes.documents import JSON
from dragoman.platforms.datarobot.routes.objects import encoded, fields
from dragoman.platforms.datarobot.routes.streams import EVENT_STREAM, pour
from dragoman.serving.line import patient
from dragoman.serving.table import Route

PATHS = ("/chat/completions", "/v1/chat/completions")
COMPLETION = "chat.completion"
CHUNK = "chat.completion.chunk"
NEITHER = "Expected response to be ChatCompletion or Iterable[ChatCompletionChunk]. response type: {}."


class ChatApi:
    """Chats.

    Args:
        calls: what calls the engine.
        options: what the owner of the model chose.
    """

    def __init__(self, calls: DrumCalls, options: Options) -> None:
        self._calls = calls
        self._options = options

    def routes(self) -> Iterator[Route]:
        """The rows."""
        for path in PATHS:
            yield Route("POST", path, self._chat)

    async def _chat(self, request: Request) -> ASGIApp:
        return patient(self._answer, self._options.request_timeout)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        kind = request.headers.get("content-type", "")
        chat = await aside(len(body), read, kind, body, self._options.limits)
        hook = hooks.loaded().chat
        answer = self._hooked(hook, chat, request, send) if hook else self._asked(chat, request, send)
        response = await unless_left(receive, answer)
        if response is not None:
            await response(scope, receive, send)

    async def _asked(self, chat: Chat, request: Request, send: Send) -> Response | None:
        """Has the engine answer: streams that are sent here, and whole answers that are given back."""
        body = chat.to_engine(self._options.model)
        async with AsyncExitStack() as call:
            async with self._calls.in_time():
                with self._calls.failures_told():
                    begun = self._calls.response("POST", CHAT, body, request.scope["headers"])
                    response = await call.enter_async_context(begun)
                    if not _streams(response):
                        return Response(chat.associated(await response.read()), media_type=JSON)
                    said = await call.enter_async_context(aclosing(self._calls.said(response)))
                    events = await call.enter_async_context(aclosing(_associated(said, chat)))
                    first = await anext(events, None)
            last = await pour(first, events, send)
        # A client may go when it has all, which must find the engine left in peace.
        await send({"type": "http.response.body", "body": last})
        return None

    async def _hooked(self, hook: Hook, chat: Chat, request: Request, send: Send) -> Response | None:
        """Has the hook answer, in the same two ways."""
        headers = CIMultiDict((name.title(), value) for name, value in request.headers.items())
        made = await hooks.call(hook, chat.content, hooks.loaded().model, headers=headers)
        if fields(made).get("object") == COMPLETION:
            return Response(_identified(hook, made, chat), media_type=JSON)
        async with aclosing(_chunks(hook, made, chat)) as chunks:
            last = await pour(await anext(chunks, None), chunks, send)
        await send({"type": "http.response.body", "body": last})
        return None


async def _associated(events: AsyncIterator[bytes], chat: Chat) -> AsyncGenerator[bytes]:
    """What a stream of the engine's says, with the association id in all of it."""
    async for said in events:
        yield chat.associated(said)


async def _chunks(hook: Hook, made: object, chat: Chat) -> AsyncGenerator[bytes]:
    """The chunks that a hook makes.

    Raises:
        DrumError: the hook failed, or made something else.
    """
    async with aclosing(hooks.items(hook, made)) as items:
        async for item in items:
            if fields(item).get("object") != CHUNK:
                raise DrumError(NEITHER.format(type(made)))
            yield _identified(hook, item, chat)


def _identified(hook: Hook, made: object, chat: Chat) -> bytes:
    return encoded(hook.name, {**fields(made), ASSOCIATION_ID: chat.association_id})


def _streams(response: EngineResponse) -> bool:
    return any(name == b"content-type" and value.startswith(EVENT_STREAM) for name, value in response.headers)

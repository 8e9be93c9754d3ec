"""What the headers of a request say, and those of every answer."""

from collections.abc import Mapping
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
REQUEST_ID = "x-request-id"
INFERENCE_ID = "x-amzn-sagemaker-inference-id"
UNCACHED = {
    "pragma": "no-cache",
    "cache-control": "no-cache, no-store, must-revalidate, private",
    "expires": "Thu, 01 Jan 1970 00:00:00 UTC",
}


def with_attributes(headers: Headers) -> Mapping[str, str]:
    """A request's headers by their names in lower case, with SageMaker's custom attributes among them.

    The attributes are ``name=value`` separated by semicolons; a header of that name counts more.
    """
    pairs = (part.split("=", 1) for part in headers.get(ATTRIBUTES, "").split(";") if "=" in part)
    attributes = {name.strip().lower(): value.strip() for name, value in pairs}
    return attributes | dict(headers)


def with_headers(app: ASGIApp) -> ASGIApp:
    """The application, whose every request and answer has an id, and whose answers nobody keeps."""

    async def headed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))

        async def send_headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {REQUEST_ID: request_id, **UNCACHED}.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(_identified(scope, request_id), receive, send_headed)

    return headed


def _request_id(headers: Headers) -> str:
    return headers.get(REQUEST_ID) or headers.get(INFERENCE_ID) or str(uuid4())


def _identified(scope: Scope, request_id: str) -> Scope:
    headers = MutableHeaders(raw=list(scope["headers"]))
    headers[REQUEST_ID] = request_id
    return {**scope, "headers": headers.raw}

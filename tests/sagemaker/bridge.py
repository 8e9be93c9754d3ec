"""SageMaker's runtime API in front of a worker, for boto3's ``sagemaker-runtime`` client.

It does to requests and answers what SageMaker does between its client and a model's container
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html).
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager

import aiohttp
import boto3
from aiohttp import web
from anyio.from_thread import start_blocking_portal
from botocore.client import BaseClient
from botocore.config import Config

from tests.sagemaker import eventstream

PATIENCE = 60.0
"""The seconds that a container has for an answer, or for the next piece of a stream."""

VARIANT = {"x-Amzn-Invoked-Production-Variant": "AllTraffic"}
_ACCEPT = "x-amzn-sagemaker-accept"
_ADAPTER = "x-amzn-sagemaker-inference-component"
_SESSION = "X-Amzn-SageMaker-Session-Id"
_PREFIX = "x-amzn-sagemaker-"


@contextmanager
def sagemaker(worker: str, patience: float = PATIENCE) -> Iterator[BaseClient]:
    """A ``sagemaker-runtime`` client whose endpoints, whatever their names, are all this worker.

    Args:
        worker: the worker's URL.
        patience: the seconds that the worker has for an answer, or for the next piece of a stream.
    """
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(_serving(worker, patience)) as url:
        client = boto3.client(
            "sagemaker-runtime",
            endpoint_url=url,
            region_name="eu-central-1",
            aws_access_key_id="unused",
            aws_secret_access_key="unused",
            config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            yield client
        finally:
            client.close()


@asynccontextmanager
async def _serving(worker: str, patience: float) -> AsyncIterator[str]:
    timeout = aiohttp.ClientTimeout(total=None, sock_read=patience)
    async with aiohttp.ClientSession(worker, timeout=timeout) as session:
        bridge = Bridge(session)
        app = web.Application()
        app.router.add_post("/endpoints/{name}/invocations", bridge.invoke)
        app.router.add_post("/endpoints/{name}/invocations-response-stream", bridge.invoke_with_response_stream)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


class Bridge:
    """The handlers of SageMaker's routes.

    Args:
        session: a client of the worker.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def invoke(self, request: web.Request) -> web.StreamResponse:
        """``InvokeEndpoint``."""
        async with self._post(request, container_headers(request.headers)) as answer:
            body = await answer.read()
            if not answer.ok:
                return model_error(answer.status, body)
            content_type = answer.headers.get("Content-Type", "application/octet-stream")
            headers = {**VARIANT, **client_headers(answer.headers), "Content-Type": content_type}
            return web.Response(body=body, headers=headers)

    async def invoke_with_response_stream(self, request: web.Request) -> web.StreamResponse:
        """``InvokeEndpointWithResponseStream``."""
        headers = container_headers(request.headers)
        headers["X-Amzn-SageMaker-Forwarded-Api"] = "InvokeEndpointWithResponseStream"
        async with self._post(request, headers) as answer:
            if not answer.ok:
                return model_error(answer.status, await answer.read())
            return await self._stream(request, answer)

    def _post(
        self, request: web.Request, headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._session.post("/invocations", data=request.content, headers=headers)

    async def _stream(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        said = client_headers(answer.headers)
        said["X-Amzn-SageMaker-Content-Type"] = answer.headers.get("Content-Type", "application/octet-stream")
        response = web.StreamResponse(headers={**VARIANT, **said, "Content-Type": eventstream.MEDIA_TYPE})
        await response.prepare(request)
        try:
            async for piece in _chunks(answer):
                await response.write(eventstream.payload_part(piece))
        except (aiohttp.ClientPayloadError, TimeoutError) as error:
            await response.write(failure(error))
        return response


async def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The chunks of a body as its sender made them."""
    chunk = b""
    async for data, ends in answer.content.iter_chunks():
        chunk += data
        if ends and chunk:
            yield chunk
            chunk = b""
    if chunk:
        yield chunk


def container_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that the container gets of those of the client's request.

    An inference component that is an adapter is told by the component's name.
    """
    named = {name.lower(): value for name, value in headers.items()}
    passed = {name: value for name, value in named.items() if name.startswith(_PREFIX) and name != _ACCEPT}
    passed["accept"] = named.get(_ACCEPT, named.get("accept", "*/*"))
    passed["content-type"] = named.get("content-type", "application/octet-stream")
    if _ADAPTER in passed:
        passed["X-Amzn-SageMaker-Adapter-Identifier"] = passed.pop(_ADAPTER)
    return passed


def client_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that the client gets of those of the container's answer; no other gets through."""
    names = ("X-Amzn-SageMaker-Custom-Attributes", "X-Amzn-SageMaker-Closed-Session-Id")
    passed = {name: headers[name] for name in names if name in headers}
    if _SESSION in headers:
        passed["X-Amzn-SageMaker-New-Session-Id"] = headers[_SESSION]
    return passed


def model_error(status: int, body: bytes) -> web.Response:
    """What the client gets in place of a container's refusal."""
    original = body.decode(errors="replace")
    kind = "client" if status < 500 else "server"
    content = {
        "ErrorCode": f"{kind.upper()}_ERROR_FROM_MODEL",
        "LogStreamArn": "arn:aws:logs:eu-central-1:0:log-group:/aws/sagemaker/Endpoints/test",
        "Message": f'Received {kind} error ({status}) from primary with message "{original}".',
        "OriginalMessage": original,
        "OriginalStatusCode": status,
    }
    return web.Response(
        body=json.dumps(content).encode(),
        status=424,
        headers={"x-amzn-ErrorType": "ModelError", "Content-Type": "application/json"},
    )


def failure(error: Exception) -> bytes:
    """What ends a stream that its container did not end."""
    if isinstance(error, TimeoutError):
        code, said = "ModelInvocationTimeExceeded", "The model did not go on with its answer in time."
    else:
        code, said = "StreamBroken", "The TCP connection between the client and the model closed."
    return eventstream.exception("ModelStreamError", Message=said, ErrorCode=code)

"""The engine's own routes for adapters that come and go."""

import re
from collections import Counter
from http import HTTPStatus
from pathlib import Path

import orjson

from dragoman.engine import Engine
from dragoman.engine.client import Client
from dragoman.platforms.lmi.errors import HandlerError

LOAD = "/v1/load_lora_adapter"
UNLOAD = "/v1/unload_lora_adapter"
OF_THE_CALL = re.compile(r"^Call to \w+ method failed: ")


class Loader:
    """Loads adapters into the engine and takes them out again.

    Args:
        engine: vLLM, started with ``VLLM_ALLOW_RUNTIME_LORA_UPDATING``.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._client = Client(engine.app)
        self._unloaded: Counter[str] = Counter()

    async def load(self, name: str, path: Path) -> None:
        """Loads an adapter; when it returns, the engine has it.

        Raises:
            HandlerError: the engine cannot.
        """
        # vLLM keeps what it has computed by name and path. More slashes tell new weights in an old place from the old.
        place = f"{path}{'/' * self._unloaded[name]}"
        await self._post(LOAD, {"lora_name": name, "lora_path": place}, f"Adapter {name} cannot be loaded from {path}")

    async def unload(self, name: str) -> None:
        """Takes an adapter's name from the engine; requests that run on it go on.

        Raises:
            HandlerError: the engine cannot.
        """
        await self._post(UNLOAD, {"lora_name": name}, f"Adapter {name} cannot be unloaded")
        self._unloaded[name] += 1

    async def _post(self, path: str, content: dict[str, str], failed: str) -> None:
        status, body = await self._client.post(path, content)
        if status == HTTPStatus.OK:
            return
        if not self._engine.healthy():
            raise HandlerError(f"{failed}: the engine has died", HTTPStatus.INTERNAL_SERVER_ERROR)
        reason = _reason(body)
        if "out of memory" in reason.lower():
            raise HandlerError(f"{failed}: {reason}", HTTPStatus.INSUFFICIENT_STORAGE)
        raise HandlerError(f"{failed}: {reason}")


def _reason(body: bytes) -> str:
    """What the engine says is wrong."""
    try:
        reason = str(orjson.loads(body)["error"]["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        reason = body.decode(errors="replace")
    return OF_THE_CALL.sub("", " ".join(reason.split()))

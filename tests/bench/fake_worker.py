"""A worker on RunPod's queue without a model; run as a script it answers over HTTP as well."""

import argparse
import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.bench.fake_server import ChatServer


class QueueWorker:
    """Takes jobs and has a chat server answer them.

    Args:
        variables: those that the platform gives it.
        chat: the chat server's address.
    """

    def __init__(self, variables: Mapping[str, str], chat: str) -> None:
        self._variables = variables
        self._chat = chat

    async def work(self) -> None:
        """Works until it is cancelled."""
        key = self._variables["RUNPOD_AI_API_KEY"]
        take = self._address("GET_JOB", self._variables["RUNPOD_POD_ID"]).replace("job-take", "job-take-batch")
        async with aiohttp.ClientSession(headers={"Authorization": key}) as http, asyncio.TaskGroup() as running:
            while True:
                async with http.get(f"{take}&batch_size=64") as response:
                    jobs = await response.json() if response.status == 200 else []
                for job in jobs:
                    running.create_task(self._do(http, job))

    def _address(self, what: str, job: str) -> str:
        url = self._variables[f"RUNPOD_WEBHOOK_{what}"].replace("$RUNPOD_POD_ID", self._variables["RUNPOD_POD_ID"])
        return url.replace("$ID", job)

    async def _do(self, http: aiohttp.ClientSession, job: dict[str, Any]) -> None:
        outputs = await self._answer(http, job["input"])
        for output in outputs:
            await self._post(http, "POST_STREAM", job["id"], {"output": output})
        await self._post(http, "POST_OUTPUT", job["id"], {"output": outputs} if outputs else {"error": "no"})

    async def _answer(self, http: aiohttp.ClientSession, question: dict[str, Any]) -> list[object]:
        if "prompt" in question:
            usage = {"input": 1, "output": question["sampling_params"]["max_tokens"]}
            return [{"choices": [{"tokens": ["word"]}], "usage": usage}]
        body = question["openai_input"]
        async with http.post(self._chat + question["openai_route"], json=body) as response:
            if response.status != 200:
                return []
            if not body.get("stream"):
                return [await response.json()]
            role, *events = (await response.text()).split("\n\n")
            return [f"{role}\n\n", "\n\n".join(events)]

    async def _post(self, http: aiohttp.ClientSession, what: str, job: str, body: object) -> None:
        async with http.post(f"{self._address(what, job)}&isStream=true", data=json.dumps(body)):
            pass


@asynccontextmanager
async def working(variables: Mapping[str, str], chat: ChatServer, port: int = 0) -> AsyncIterator[str]:
    """Works in the background; yields the chat server's address."""
    async with chat.running(port) as url:
        work = asyncio.create_task(QueueWorker(variables, url).work())
        try:
            yield url
        finally:
            work.cancel()
            await asyncio.wait([work])


async def main() -> None:
    """Work until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    options, _ = parser.parse_known_args()
    async with working(os.environ, ChatServer(), options.port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

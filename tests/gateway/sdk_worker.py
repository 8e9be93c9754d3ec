"""A worker as RunPod's users write them, on the unmodified SDK: ``sdk_worker.py plain|generator``.

A job's input says what is to be done: ``{"do": …, "with": …}``.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import runpod
from runpod.serverless import progress_update


async def plain(job: dict[str, Any]) -> object:
    """Returns its output."""
    given = job["input"].get("with")
    match job["input"]["do"]:
        case "echo":
            return given
        case "refuse":
            return {"error": "refused", "part": 1}
        case "fail":
            raise ValueError("it broke")
        case "progress":
            progress_update(job, "half")
            await _wait(given)
        case _:
            await _wait(given)
    return None


async def generator(job: dict[str, Any]) -> AsyncIterator[object]:
    """Yields its output."""
    for number in range(3):
        yield {"number": number}
    match job["input"]["do"]:
        case "refuse":
            yield {"error": {"message": "refused", "code": 400}}
        case "fail":
            raise ValueError("it broke")
        case "wait":
            await _wait(job["input"]["with"])
        case _:
            yield "data: [DONE]\n\n"


async def _wait(name: str) -> None:
    """Wait for ever; there is a file of that name for as long."""
    Path(name).touch()
    try:
        await asyncio.sleep(600)
    finally:
        Path(name).unlink()


if __name__ == "__main__":
    handler = {"plain": plain, "generator": generator}[sys.argv[1]]
    runpod.serverless.start({"handler": handler, "concurrency_modifier": lambda _: 8, "return_aggregate_stream": True})

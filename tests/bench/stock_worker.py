"""A worker on the unmodified RunPod SDK; the input of a job says what its handler does."""

import asyncio
from collections.abc import AsyncIterator

import runpod

CONCURRENCY = 4


async def handler(job: dict[str, dict[str, object]]) -> AsyncIterator[object]:
    """Yields what the input lists, then goes on as it says."""
    task = job["input"]
    outputs = task.get("outputs", [])
    assert isinstance(outputs, list)
    for output in outputs:
        yield output
    if "progress" in task:
        runpod.serverless.progress_update(job, task["progress"])
    match task.get("then"):
        case "fail":
            raise RuntimeError("no luck")
        case "wait":
            await asyncio.sleep(60)
        case "work":
            await asyncio.sleep(1)


if __name__ == "__main__":
    runpod.serverless.start(
        {"handler": handler, "return_aggregate_stream": True, "concurrency_modifier": lambda _: CONCURRENCY}
    )

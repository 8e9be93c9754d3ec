"""The clients of ``bench.clients`` once more, asking through jobs on RunPod's queue."""

import asyncio
from dataclasses import dataclass

from bench.clients import EVENT, PATH, PATIENCE, STREAMED, Answer, Prompt, body, checked, has_text, parse
from bench.errors import RequestError
from bench.runpod_platform import Job, Platform, Status


@dataclass(frozen=True)
class JobAnswer(Answer):
    """An answer by a job; times are those at the platform, on its monotonic clock."""

    taken: float
    """When the worker had the job."""
    posts: int
    """How many pieces of the stream came."""


async def whole(platform: Platform, prompt: Prompt) -> JobAnswer:
    """Ask for a chat answer in one piece."""
    job = await _run(platform, {"openai_route": PATH, "openai_input": body(prompt)})
    return _answer(job, checked(job.outputs[-1], prompt), -1)


async def stream(platform: Platform, prompt: Prompt) -> JobAnswer:
    """Ask for a streamed chat answer."""
    job = await _run(platform, {"openai_route": PATH, "openai_input": body(prompt) | STREAMED})
    pieces = [_events(output) for output in job.outputs]
    first = next((number for number, events in enumerate(pieces) if any(map(has_text, events))), None)
    if first is None:
        raise RequestError(f"a stream without text: {job.outputs}")
    last = [event for events in pieces for event in events][-1]
    return _answer(job, checked(parse(last), prompt), first)


async def prompt_stream(platform: Platform, prompt: Prompt) -> JobAnswer:
    """Ask for a streamed answer in the dialect of worker-vllm."""
    sampling = {"max_tokens": prompt.tokens, "temperature": 0, "ignore_eos": True}
    question = {"prompt": prompt.text, "apply_chat_template": True, "stream": True, "sampling_params": sampling}
    job = await _run(platform, question)
    return _answer(job, checked(job.outputs[-1], prompt, "output"), 0)


async def _run(platform: Platform, question: dict[str, object]) -> Job:
    job = platform.submit(question)
    async with asyncio.timeout(PATIENCE):
        status = await job.finished()
    if status is not Status.COMPLETED or not job.items:
        raise RequestError(f"a job is {status} with {len(job.items)} pieces: {job.done}")
    return job


def _answer(job: Job, tokens: int, first: int) -> JobAnswer:
    assert job.taken_at is not None
    assert job.done_at is not None
    return JobAnswer(tokens, job.submitted_at, job.items[first].at, job.done_at, job.taken_at, len(job.items))


def _events(output: object) -> list[bytes]:
    return [line for line in str(output).encode().splitlines() if line.startswith(EVENT)]

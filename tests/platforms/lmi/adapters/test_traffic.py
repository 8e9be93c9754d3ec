import asyncio

import pytest

from dragoman.platforms.lmi.adapters.traffic import Traffic, adapter_of
from dragoman.serving.entrance.limits import Limits

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"model": "a", "prompt": "x"}', "a"),
        (b'{"prompt":"x","model":"a"}', "a"),
        (b'{"model"\n:\t"a b"}', "a b"),
        (b'{"model": "\\u0061\\"b"}', 'a"b'),
        (b'{"model": "b", "model": "a"}', "a"),
        (b'{"model": "a", "model": "b"}', None),
        (b'{"model": "lmi", "metadata": {"model": "a"}}', None),
        (b'{"model": "lmi"}', None),
        (b'[{"model": "a"}]', None),
        (b'{"prompt": "say \\"model\\": \\"a\\""}', None),
        (b'{"model": null}', None),
        (b'{"model": "\\ud800"}', None),
        (b'{"model": ""}', None),
        (b'{"model": "a', None),
        (b"", None),
        (b'{"model": "a", "x": [1' + b",1" * 2**21 + b"]}", None),
    ],
)
async def test_the_adapter_that_a_body_names(body: bytes, name: str | None) -> None:
    assert adapter_of(body, {"a", "a b", 'a"b'}, Limits()) == name


async def test_what_nobody_runs_is_gone_at_once() -> None:
    traffic = Traffic()
    with traffic.under_way("b"):
        await traffic.gone("a")


async def test_an_adapter_is_gone_with_its_last_request() -> None:
    traffic = Traffic()
    with traffic.under_way("a"):
        with traffic.under_way("a"), traffic.under_way("b"):
            waiting = asyncio.create_task(traffic.gone("a"))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting

"""The files of the bundled model, without an engine; tests/real/test_bundled_model.py asks it what it can do."""

import json

import pytest

from dragoman.models import MINI
from dragoman.models.corpus import tool
from dragoman.settings.jinja import environment

WEATHER = tool("get_weather", ("city", "unit"), "Get the weather")
CALL = {"function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}


def render(messages: list[dict[str, object]], **more: object) -> str:
    template = environment().from_string((MINI / "chat_template.jinja").read_text())
    return template.render(messages=messages, **more)


@pytest.mark.parametrize(
    ("messages", "more", "text"),
    [
        (
            [{"role": "user", "content": "Hi"}],
            {"add_generation_prompt": True},
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        ),
        (
            [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            {},
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n",
        ),
        (
            [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            {"tools": [WEATHER]},
            "<|im_start|>system\nBe brief.\n<tools>\nget_weather(city, unit): Get the weather\n</tools><|im_end|>\n"
            "<|im_start|>user\nHi<|im_end|>\n",
        ),
        (
            [{"role": "assistant", "content": None, "tool_calls": [CALL]}, {"role": "tool", "content": "sunny"}],
            {},
            '<|im_start|>assistant\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
            "<|im_end|>\n<|im_start|>user\n<tool_response>\nsunny\n</tool_response><|im_end|>\n",
        ),
    ],
    ids=["user", "system", "tools", "tool call and result"],
)
def test_the_template_is_chatml(messages: list[dict[str, object]], more: dict[str, object], text: str) -> None:
    assert render(messages, **more) == text


def test_it_fits_into_eight_megabytes() -> None:
    assert sum(path.stat().st_size for path in MINI.iterdir()) < 8 * 10**6


def test_it_is_a_llama_in_bfloat16() -> None:
    config = json.loads((MINI / "config.json").read_text())

    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["dtype"] == "bfloat16"


def test_it_has_a_card() -> None:
    assert "What it can do" in (MINI / "README.md").read_text()

"""The official anthropic client against the served model."""

import anthropic
import pytest
from anthropic.types import ToolParam

from tests.real.test_bundled_model import MODEL

WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "Get the weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def test_messages(claude: anthropic.Anthropic) -> None:
    message = claude.messages.create(model=MODEL, max_tokens=50, messages=[{"role": "user", "content": "Hello"}])

    [block] = message.content
    assert block.type == "text"
    assert block.text == "Hello! How can I help you?"
    assert message.stop_reason == "end_turn"


def test_messages_stream(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(
        model=MODEL, max_tokens=50, messages=[{"role": "user", "content": "Count to 5"}]
    ) as stream:
        pieces = list(stream.text_stream)

    assert "".join(pieces) == "1, 2, 3, 4, 5"
    assert len(pieces) > 5


def test_messages_use_a_tool(claude: anthropic.Anthropic) -> None:
    message = claude.messages.create(
        model=MODEL,
        max_tokens=80,
        tools=[WEATHER],
        messages=[{"role": "user", "content": "What is the weather in Rome?"}],
    )

    uses = [block for block in message.content if block.type == "tool_use"]
    assert [(use.name, use.input) for use in uses] == [("get_weather", {"city": "Rome"})]
    assert message.stop_reason == "tool_use"


def test_an_unknown_model_is_not_found(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        claude.messages.create(model="none", max_tokens=5, messages=[{"role": "user", "content": "Hello"}])

"""Which requests have the engine generate something, and so have to be counted."""

import re

from starlette.types import Scope

# What is posted to these gives the engine nothing to generate.
_IDLE = re.compile(
    r"/tokenize|/detokenize|/v1/messages/count_tokens|.*/(de)?render|/v1/responses/[^/]+/cancel|/v1/(un)?load_lora_adapter"
)


def generates(scope: Scope) -> bool:
    """Whether the engine would generate for a request, or make vectors of it."""
    return scope["type"] == "http" and scope["method"] == "POST" and not _IDLE.fullmatch(scope["path"])

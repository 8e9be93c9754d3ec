"""Why texts end."""

from typing import Any

Json = dict[str, Any]


def finish_reason(choice: Json) -> str | None:
    """Why a sequence ended, in LMI's words; None while it goes on."""
    reason: str | None = choice.get("finish_reason")
    if reason != "stop":
        return reason
    return "stop_sequence" if isinstance(choice.get("stop_reason"), str) else "eos_token"

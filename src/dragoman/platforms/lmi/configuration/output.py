"""The formatter of streams."""

from collections.abc import Iterator

from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.suggestions import closest
from dragoman.settings.view import View

NAME = "output_formatter"
BEDROCK = ("3p", "3p_stream")
FORMATTERS = ("json", "jsonlines", "json_chat", "jsonlines_chat", "sse", "sse_chat", *BEDROCK)


def formatter(view: View) -> Iterator[Outcome]:
    """Do without a formatter that LMI does not have, as LMI does."""
    asked = view.settled(NAME)
    if asked and (reason := _reason(asked.value, view)):
        yield Remark(f"{view.cite(NAME)} is ignored: {reason}")
        yield Change(NAME, None, asked.source, asked.rank)


def _reason(formatter: str, view: View) -> str | None:
    if formatter in BEDROCK:
        return None if view.get("bedrock_compat") else "it is Bedrock's: set bedrock_compat=true"
    if formatter in FORMATTERS:
        return None
    guess = closest(formatter, FORMATTERS)
    return f"did you mean {guess}?" if guess else f"there are {', '.join(FORMATTERS)}"


RULES = (formatter,)

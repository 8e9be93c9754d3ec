"""A chat template in a variable, which holds one line."""

import os
import re
from collections.abc import Iterator

from dragoman.settings import models, templates
from dragoman.settings.catalogue import vllm_flags
from dragoman.settings.rules import Change, Outcome
from dragoman.settings.view import View

SETTING = "custom_chat_template"
_NEWLINE = re.compile(r"(?<!\\)((?:\\\\)*)\\n")
# A comment of Jinja's, which says nothing.
_MARK = "{# #}"


def chat_template(view: View) -> Iterator[Outcome]:
    """Pass the template on in a form that vLLM takes for one."""
    if template := view.settled(SETTING):
        yield Change("chat_template", as_template(template.value), template.source, template.rank)


def as_template(text: str) -> str:
    r"""Return the template with the newlines that `\n` stands for where it has no others, and no path's likeness."""
    if "\n" not in text:
        text = _NEWLINE.sub(r"\1" + "\n", text)
    return text if templates.is_text(text) or _is_path(text) else _MARK + text


def _is_path(text: str) -> bool:
    return models.looks_like_path(text) or os.path.exists(text) or text in vllm_flags()["chat_templates"]

"""Whether a chat template is one. Nothing is rendered: Jinja only compiles it, with what transformers adds to Jinja."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dragoman.settings.catalogue import vllm_flags

# vLLM takes text with none of these for a path (validate_chat_template).
_JINJA_CHARACTERS = "{}\n"


def is_text(template: str) -> bool:
    """Return whether vLLM takes this for a template itself, and not for the path of one."""
    return any(character in template for character in _JINJA_CHARACTERS)


def problem_with_setting(template: str) -> str | None:
    """Return what is wrong with a --chat-template, a path or the template itself; None where nothing is."""
    if is_text(template):
        return syntax_problem(template)
    # Unlike pathlib's, this takes a name that no file can have.
    if os.path.isfile(template):
        return file_problem(Path(template))
    return None if template in vllm_flags()["chat_templates"] else "does not exist, nor is it a template of vLLM's"


def problems_of_model(directory: Path) -> Iterator[tuple[Path, str]]:
    """Yield each of the model's own templates that is broken: the file it is in, and the reason."""
    template = directory / "chat_template.jinja"
    if os.path.isfile(template) and (problem := file_problem(template)):
        yield template, problem
    configuration = directory / "tokenizer_config.json"
    for text in configured(configuration) if os.path.isfile(configuration) else ():
        if problem := syntax_problem(text):
            yield configuration, problem


def configured(path: Path) -> Iterator[str]:
    """Yield the templates in a tokenizer_config.json; none where it cannot be read, which is not for this to say."""
    try:
        held: Any = json.loads(path.read_bytes()).get("chat_template")
    except (OSError, ValueError, AttributeError, RecursionError):
        return
    for template in held if isinstance(held, list) else [held]:
        text = template.get("template") if isinstance(template, dict) else template
        if isinstance(text, str):
            yield text


def file_problem(path: Path) -> str | None:
    """Return what is wrong with a template's file; None where nothing is."""
    try:
        return syntax_problem(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        return f"cannot be read: {problem}"


def syntax_problem(template: str) -> str | None:
    """Return what is wrong with a template; None where Jinja can compile it."""
    from jinja2 import TemplateError

    from dragoman.settings.jinja import environment

    try:
        environment().from_string(template)
    except TemplateError as problem:
        return f"is not a Jinja template: {problem} (its line {getattr(problem, 'lineno', 1)})"
    except RecursionError:
        return "is not a Jinja template: it is nested too deeply"
    return None

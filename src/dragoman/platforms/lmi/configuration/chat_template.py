"""A chat template in the model directory."""

import os
from collections.abc import Iterator

from dragoman.platforms.lmi.configuration.directory import in_model_directory
from dragoman.platforms.lmi.configuration.origins import is_option
from dragoman.settings.rules import Change, Outcome
from dragoman.settings.templates import is_text
from dragoman.settings.view import View

NAME = "chat_template"


def chat_template(view: View) -> Iterator[Outcome]:
    """Look for the template's file in the model directory, where an option says its name there."""
    asked = view.settled(NAME)
    if asked is None or not is_option(view, asked) or is_text(asked.value):
        return
    path = in_model_directory(view, asked.value)
    if str(path) != asked.value and os.path.isfile(path):
        yield Change(NAME, str(path), asked.source, asked.rank)


RULES = (chat_template,)

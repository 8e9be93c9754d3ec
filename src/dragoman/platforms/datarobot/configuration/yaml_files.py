"""YAML as DRUM reads it: with PyYAML, and model-metadata.yaml with strictyaml too, which takes less.

Aliases are taken by neither: a few lines of them can stand for more than fits into memory.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import yaml

from dragoman.platforms.datarobot.configuration.files import content
from dragoman.settings.values import Value, quote

_Tokens: TypeAlias = Mapping[type[yaml.Token], str]

_REFUSED: _Tokens = {yaml.AliasToken: "an alias", yaml.AnchorToken: "an anchor", yaml.TagToken: "a tag"}
# What strictyaml refuses beyond them.
_BRACES: _Tokens = {yaml.FlowMappingStartToken: "{ without quotes", yaml.FlowSequenceStartToken: "[ without quotes"}


def text_of(path: Path) -> str:
    """Return the text in a file.

    Raises OSError where it cannot be read, and ValueError where it is empty or no file of text.
    """
    text = content(path).decode("utf-8-sig")
    if not text.strip():
        raise ValueError("it is empty")
    return text


def typed(text: str) -> Value:
    """Return what YAML holds, each scalar with its type; ValueError where it cannot be read."""
    return _loaded(text, yaml.SafeLoader, _REFUSED)


def strict(text: str) -> Value:
    """Return what YAML holds, all scalars as text; ValueError where it cannot be read, or strictyaml would not."""
    return _loaded(text, yaml.BaseLoader, {**_REFUSED, **_BRACES})


def _loaded(text: str, loader: type[yaml.SafeLoader | yaml.BaseLoader], refused: _Tokens) -> Value:
    try:
        for token in yaml.scan(text):
            if type(token) in refused:
                raise ValueError(f"there is {refused[type(token)]} in line {token.start_mark.line + 1}")
        if loader is yaml.BaseLoader:
            _refuse_twins(yaml.compose(text, loader))
        return yaml.load(text, loader)  # noqa: S506 - neither makes objects
    except yaml.MarkedYAMLError as problem:
        # The whole of its text would show the line, and with it what is secret.
        line = f" in line {problem.problem_mark.line + 1}" if problem.problem_mark else ""
        raise ValueError(f"it is not YAML: {problem.problem}{line}") from None
    except yaml.YAMLError:
        raise ValueError("it is not YAML: there are characters that no text has") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse_twins(node: yaml.Node | None) -> None:
    """Look for a key that stands in a mapping twice."""
    if isinstance(node, yaml.MappingNode):
        keys = set[Value]()
        for key, value in node.value:
            if key.value in keys:
                raise ValueError(f"{quote(key.value)} is there again in line {key.start_mark.line + 1}")
            keys.add(key.value)
            _refuse_twins(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twins(item)

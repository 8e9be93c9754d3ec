"""Whether a setting means the same in two places."""

from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value

_NAMES, _TEMPLATE = "served_model_name", "chat_template"


def is_same(name: str, value: Value, resolution: Resolution) -> bool:
    """Return whether a worker has this value of a setting, or one that means the same to it."""
    other = resolution.value(name)
    if name == _NAMES:
        return bool(value == (other or [resolution.value("model")]))
    if name == _TEMPLATE and None not in (value, other):
        return value == other or _is_same_template(value, other)
    return bool(value == other)


def _is_same_template(one: str, other: str) -> bool:
    r"""Return whether Jinja reads the same, as it does where `\n` and a new line stand in a text of its own."""
    from jinja2 import TemplateError

    from dragoman.settings.jinja import environment

    try:
        return bool(environment().parse(one) == environment().parse(other))
    except (TemplateError, RecursionError):
        return False

"""What custom.py defines, kept where the processes that are forked from the preloader find it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature


@dataclass(frozen=True)
class Hook:
    """A function of custom.py.

    Args:
        name: what DRUM calls it by.
        function: the function, plain or ``async``.
    """

    name: str
    function: Callable[..., object]

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Calls the function, as DRUM does: one that takes the positional arguments alone gets no others."""
        return self.function(*args, **self._wanted(len(args), kwargs))

    def _wanted(self, count: int, kwargs: Mapping[str, object]) -> Mapping[str, object]:
        return kwargs if kwargs and len(signature(self.function).parameters) > count else {}


@dataclass(frozen=True)
class Hooks:
    """The hooks that take part in requests.

    Args:
        chat: takes a chat request and the model, and gives a completion or the chunks of one.
        score: takes a pandas DataFrame and the model, and gives a DataFrame.
        get_supported_llm_models: takes the model and gives a list of OpenAI's model objects.
        model: what ``load_model`` returned; None without that hook.
    """

    chat: Hook | None = None
    score: Hook | None = None
    get_supported_llm_models: Hook | None = None
    model: object = None


_hooks = Hooks()


def keep(hooks: Hooks) -> None:
    """Makes these the hooks of this process and of those that are forked from it."""
    global _hooks
    _hooks = hooks


def loaded() -> Hooks:
    """The hooks of this worker's custom.py; without the file there are none."""
    return _hooks

"""A setting as a form asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dragoman.forms.words import sentence, shown
from dragoman.settings.catalogue import Setting
from dragoman.settings.values import Value

Input = Literal["text", "number", "toggle", "select"]

_NUMBERS = frozenset({"int", "float"})
_CAPITALS = frozenset({"CPU", "GB", "GPU", "HF", "KV", "MM"})
_SPELLINGS = {"LORA": "LoRA", "LORAS": "LoRAs", "MS": "(ms)", "OPENAI": "OpenAI", "RUNPOD": "RunPod", "VLLM": "vLLM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One entry of a form. Whoever leaves it alone sends `value` as the variable, and that changes nothing.

    `default` says what holds where nothing is sent; it is empty where the value shows it.
    """

    variable: str
    help: str
    input: Input = "text"
    value: Value = ""
    default: str = ""
    options: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def title(self) -> str:
        """The variable's name as people write it."""
        return " ".join(map(_spelt, self.variable.split("_")))

    @property
    def description(self) -> str:
        """What the entry is for."""
        return f"{self.help} Default: {self.default}." if self.default else self.help


def field_of(setting: Setting, variable: str, default: str = "") -> Field:
    """Return the entry with which a variable sets a setting.

    `default` says what holds where nothing is sent, if the catalogue's default does not: the worker decides it then, so
    the entry starts empty, even if it is a boolean.
    """
    value = "" if default else _harmless(setting)
    options = tuple(_options(setting, value))
    return Field(
        variable=variable,
        help=sentence(setting.help),
        input=_input(setting, options),
        value=value,
        default=default or ("" if value != "" or not setting.default else shown(setting.default)),
        options=options,
        minimum=_minimum(setting),
        maximum=setting.bounds.get("le"),
    )


def _spelt(word: str) -> str:
    return word if word in _CAPITALS else _SPELLINGS.get(word, word.capitalize())


def _harmless(setting: Setting) -> Value:
    """Return the default where sending it is as good as sending nothing, else an empty value."""
    if setting.default is None or not (setting.use == "worker" or setting.is_switch):
        return ""
    whole = isinstance(setting.default, float) and setting.default.is_integer()
    return int(setting.default) if whole else setting.default


def _options(setting: Setting, value: Value) -> Iterator[str]:
    """Yield what there is to choose from; the empty option leaves the choice to the worker."""
    offered = tuple(map(str, setting.choices or setting.known))
    if setting.type == "bool" and value == "":
        offered = ("true", "false")
    if offered and value == "":
        yield ""
    yield from offered


def _input(setting: Setting, options: tuple[str, ...]) -> Input:
    if options:
        return "select"
    if setting.type == "bool":
        return "toggle"
    return "number" if setting.type in _NUMBERS and not setting.is_list else "text"


def _minimum(setting: Setting) -> float | None:
    positive = setting.type == "int" and setting.bounds.get("gt") == 0
    return 1 if positive else setting.bounds.get("ge")

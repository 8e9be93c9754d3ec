"""Write src/dragoman/settings/vllm_flags.json from the installed vLLM's own argument parser.

Run it after every change of vLLM's version. `--check` writes nothing, and exits 1 with a summary of what differs.
"""

import argparse
import enum
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

FLAGS_FILE = Path(__file__).parent.parent / "src" / "dragoman" / "settings" / "vllm_flags.json"
HELP_LENGTH = 200

# vLLM's converters and defaults are of every type.
Anything: TypeAlias = Any


def main() -> int:
    """Write or check the file; return the exit code."""
    wanted = parse_arguments()
    description = describe_vllm()
    if not wanted.check:
        FLAGS_FILE.write_text(render(description))
        return 0
    differences = list(compare(json.loads(FLAGS_FILE.read_text()), description))
    print("\n".join(differences) or f"{FLAGS_FILE.name} is up to date with vLLM {description['vllm']}")
    return 1 if differences else 0


def parse_arguments() -> argparse.Namespace:
    """Read this script's own command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the committed file is stale")
    return parser.parse_args()


def render(description: dict[str, Any]) -> str:
    """Return the file's text: one option a line, so that an upgrade of vLLM reads well as a diff."""
    options = ",\n".join(f"{json.dumps(name)}: {json.dumps(option)}" for name, option in description["options"].items())
    rest = {key: value for key, value in description.items() if key != "options"}
    head = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rest.items())
    return f'{{\n{head},\n"options": {{\n{options}\n}}\n}}\n'


def compare(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Yield one line for each difference."""
    for key in sorted(new.keys() - {"options"}):
        if old.get(key) != new[key]:
            yield f"{key}: {old.get(key)} is now {new[key]}"
    before, after = old.get("options", {}), new["options"]
    yield from (f"gone: {name}" for name in sorted(before.keys() - after.keys()))
    yield from (f"new: {name}" for name in sorted(after.keys() - before.keys()))
    for name in sorted(before.keys() & after.keys()):
        fields = sorted(
            field
            for field in before[name].keys() | after[name].keys()
            if before[name].get(field) != after[name].get(field)
        )
        if fields:
            yield f"changed: {name} ({', '.join(fields)})"


def describe_vllm() -> dict[str, Any]:
    """Describe the installed vLLM as plain data."""
    # vLLM reads its options' documentation only where help is asked for, and decides that when it is imported.
    sys.argv.append("--help")
    os.environ["VLLM_LOGGING_LEVEL"] = "ERROR"
    logging.disable(logging.WARNING)
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.model_executor.layers.quantization import DEPRECATED_QUANTIZATION_METHODS
    from vllm.transformers_utils.chat_templates.registry import CHAT_TEMPLATES_DIR
    from vllm.utils.argparse_utils import FlexibleArgumentParser
    from vllm.version import __version__

    parser = make_arg_parser(FlexibleArgumentParser())
    known = known_values()
    options = {
        action.dest: describe_option(action, group.title, known.get(action.dest))
        for group in parser._action_groups
        for action in group._group_actions
        if action.option_strings and action.dest != "help"
    }
    return {
        # The CPU build's version has a local part ("+cpu").
        "vllm": __version__.split("+")[0],
        "deprecated_quantization": sorted(DEPRECATED_QUANTIZATION_METHODS),
        "chat_templates": sorted(path.name for path in Path(CHAT_TEMPLATES_DIR).glob("*.jinja")),
        "options": options,
    }


def known_values() -> dict[str, list[str]]:
    """Return, by option, the values that vLLM's parser does not check although no others work."""
    from typing import get_args

    from vllm.model_executor.layers.quantization import QuantizationMethods
    from vllm.model_executor.model_loader import LoadFormats
    from vllm.reasoning import ReasoningParserManager
    from vllm.tokenizers.registry import TokenizerRegistry
    from vllm.tool_parsers import ToolParserManager
    from vllm.v1.attention.backends.registry import AttentionBackendEnum

    return {
        "tool_call_parser": sorted(ToolParserManager.list_registered()),
        "reasoning_parser": sorted(ReasoningParserManager.list_registered()),
        "quantization": sorted(get_args(QuantizationMethods)),
        "load_format": sorted(get_args(LoadFormats)),
        "tokenizer_mode": sorted({"auto", *TokenizerRegistry.tokenizers}),
        "attention_backend": ["auto", *sorted(AttentionBackendEnum.__members__)],
    }


def describe_option(action: argparse.Action, group: str | None, known: list[str] | None) -> dict[str, Any]:
    """Return what the catalogue needs to know about an option; what is empty is left out."""
    converter = unwrap(action.type)
    description = {
        "flags": sorted((flag for flag in action.option_strings if not is_negative(action, flag)), key=spelling_order),
        "negative": next((flag for flag in action.option_strings if is_negative(action, flag)), None),
        "kind": kind_of(action),
        "type": type_of(action, converter),
        "choices": [choice for choice in action.choices if choice is not None] if action.choices else None,
        "known": known or listed_values(action),
        "keys": keys_of(converter),
        "bounds": bounds_of(action, group),
        "default": portable(action.default),
        "help": first_sentence(action.help),
        "group": "Server" if group == "options" else (group or "Server").removesuffix("Config"),
        "deprecated": "is deprecated" in " ".join((action.help or "").split()),
    }
    return {key: value for key, value in description.items() if value or key == "default"}


def is_negative(action: argparse.Action, flag: str) -> bool:
    """Return whether the flag switches the option off."""
    return isinstance(action, argparse.BooleanOptionalAction) and flag.startswith("--no-")


def spelling_order(flag: str) -> tuple[bool, int]:
    """Long flags before short ones; vLLM's own name first among the long ones."""
    return (not flag.startswith("--"), flag == "--device-memory-utilization")


def kind_of(action: argparse.Action) -> str:
    """Return how the flag is written: the `kind` of a Setting."""
    if isinstance(action, argparse.BooleanOptionalAction):
        return "paired"
    if action.nargs == 0:
        return "store_true"
    if type(action).__name__ == "_AppendAction":
        return "append"
    return {"+": "list", "?": "optional"}.get(str(action.nargs), "value")


def unwrap(converter: Anything) -> Anything:
    """Look through vLLM's optional_type and parse_type, which keep the real converter in their closure."""
    while converter is not None and getattr(converter, "__name__", "") in ("_optional_type", "_parse_type"):
        converter = converter.__closure__[0].cell_contents
    return converter


def type_of(action: argparse.Action, converter: Callable[[str], Any] | None) -> str:
    """Return how the value is read: one of the names of dragoman.settings.values.PARSERS."""
    if kind_of(action) in ("paired", "store_true"):
        return "bool"
    if action.dest == "lora_modules":
        return "lora"
    if converter is json.loads:
        return "json_list" if isinstance(action.default, list) else "json"
    name = getattr(converter, "__name__", "str")
    if name == "<lambda>":
        return "identifier" if action.choices else "devices"
    return {
        "human_readable_int": "human_int",
        "human_readable_int_or_auto": "human_int_or_auto",
        "union_dict_and_str": "json_or_str",
        "parse_dataclass": "config",
    }.get(name, name)


def listed_values(action: argparse.Action) -> list[str]:
    """Return the values in a metavar, which vLLM prints where it also accepts names that plugins register."""
    return list(action.metavar) if isinstance(action.metavar, list) else []


def keys_of(converter: Anything) -> list[str]:
    """Return the fields of the configuration class that a JSON value becomes; the class refuses all others."""
    if getattr(converter, "__name__", "") != "parse_dataclass":
        return []
    (cls,) = converter.__defaults__
    return sorted(name for name, field in cls.__pydantic_fields__.items() if field.init is not False)


def bounds_of(action: argparse.Action, group: str | None) -> dict[str, float]:
    """Return the limits that the option's configuration class puts on a number."""
    import vllm.config

    fields = getattr(getattr(vllm.config, group or "", None), "__pydantic_fields__", {})
    limits = getattr(fields.get(action.dest), "metadata", [])
    return {name: getattr(limit, name) for limit in limits for name in ("ge", "gt", "le", "lt") if hasattr(limit, name)}


def portable(value: Anything) -> Anything:
    """Return a default as JSON; None for what depends on the machine or is an object of vLLM's."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, set | frozenset | tuple | list):
        return [portable(item) for item in (value if isinstance(value, tuple | list) else sorted(value))]
    if value == argparse.SUPPRESS:
        return None
    return value if isinstance(value, bool | int | float | str | dict) else None


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a help text, shortened where it is very long."""
    paragraph = " ".join((text or "").replace("%%", "%").split("\n\n")[0].split())
    sentence = re.split(r"(?<=[^.]\w[.:])\s+(?=[A-Z\"`-])|(?<=[)`'\"][.])\s+(?=[A-Z])", paragraph, maxsplit=1)[0]
    return sentence if len(sentence) <= HELP_LENGTH else sentence[: HELP_LENGTH - 1].rsplit(" ", 1)[0] + "…"


if __name__ == "__main__":
    sys.exit(main())

"""Settings that are gone because they are fields of an object now."""

from collections.abc import Mapping

from dragoman.settings.retired.entries import Becomes, Fold, translated
from dragoman.settings.values import Value

# What could follow the name of a backend, as in xgrammar:disable-any-whitespace.
BACKEND_OPTIONS: Mapping[str, str] = {
    "disable-any-whitespace": "disable_any_whitespace",
    "no-additional-properties": "disable_additional_properties",
}


def backend(text: str) -> Mapping[str, Value]:
    """Return the backend and its options as fields; the option no-fallback is what happens anyway."""
    name, _, options = text.strip().partition(":")
    fields = (BACKEND_OPTIONS[option] for option in options.split(",") if option in BACKEND_OPTIONS)
    return {"backend": name.lower(), **dict.fromkeys(fields, True)}


def field(name: str) -> Becomes:
    """Return the translation of a value that is that field's; false and 0 are what happens anyway."""
    return lambda value: {name: value} if value else {}


def with_backend(fields: dict[str, Value]) -> dict[str, Value]:
    """Return the fields with the only backend that knows them, or the first, where none is named."""
    if fields.get("backend", "auto") != "auto":
        return fields
    backends = {"disable_additional_properties": "guidance", "disable_any_whitespace": "xgrammar"}
    needed = next((backend for field, backend in backends.items() if fields.get(field)), None)
    return {**fields, "backend": needed} if needed else fields


STRUCTURED_OUTPUTS = (
    translated("guided_decoding_backend", "backend of structured_outputs_config"),
    translated(
        "guided_decoding_disable_additional_properties",
        "disable_additional_properties of structured_outputs_config",
        takes="bool",
    ),
    translated(
        "guided_decoding_disable_any_whitespace", "disable_any_whitespace of structured_outputs_config", takes="bool"
    ),
)
EXPERTS = (
    translated("eplb_log_balancedness", "log_balancedness of eplb_config", takes="bool"),
    translated("eplb_step_interval", "step_interval of eplb_config", takes="int"),
    translated("eplb_window_size", "window_size of eplb_config", takes="int"),
    translated("num_redundant_experts", "num_redundant_experts of eplb_config", takes="int"),
)
SETTINGS = (*STRUCTURED_OUTPUTS, *EXPERTS)
RULES = (
    Fold(
        "structured_outputs_config",
        {
            "guided_decoding_backend": backend,
            "guided_decoding_disable_additional_properties": field("disable_additional_properties"),
            "guided_decoding_disable_any_whitespace": field("disable_any_whitespace"),
        },
        with_backend,
    ),
    Fold(
        "eplb_config",
        {
            "eplb_log_balancedness": field("log_balancedness"),
            "eplb_step_interval": field("step_interval"),
            "eplb_window_size": field("window_size"),
            "num_redundant_experts": field("num_redundant_experts"),
        },
    ),
)

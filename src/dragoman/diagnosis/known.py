"""What the installed vLLM and transformers know, read from their source files: importing them takes seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dragoman.diagnosis import sources


@dataclass(frozen=True, slots=True)
class Known:
    """What the installed vLLM and transformers know.

    Args:
        architectures: vLLM's; empty where it is not installed.
        last: those that vLLM had, with the last of its versions that did.
        plugins: those that a plugin of vLLM's has now, with its repository.
        model_types: for which there is a configuration class.
        classes: transformers' model classes, which vLLM can run many of.
        templates: model types for which vLLM has a chat template.
        suffixes: how architectures end that vLLM can derive from one another.
    """

    architectures: frozenset[str] = frozenset()
    last: Mapping[str, str] = field(default_factory=dict)
    plugins: Mapping[str, str] = field(default_factory=dict)
    model_types: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()


def known() -> Known:
    """Return what the installed vLLM and transformers know, read from their source files.

    Raises:
        OSError, SyntaxError: a file is not where it was in the version that this program knows.
    """
    vllm, transformers = sources.directory("vllm"), sources.directory("transformers")
    if vllm is None or transformers is None:
        return Known()
    registry = vllm / "model_executor" / "models" / "registry.py"
    auto = transformers / "models" / "auto"
    return Known(
        architectures=sources.keys(registry, "_VLLM_MODELS"),
        last=sources.texts(registry, "_PREVIOUSLY_SUPPORTED_MODELS"),
        plugins=sources.texts(registry, "_OOT_SUPPORTED_MODELS"),
        model_types=sources.keys(vllm / "transformers_utils" / "config.py", "_CONFIG_REGISTRY")
        | sources.keys(auto / "auto_mappings.py", "CONFIG_MAPPING_NAMES")
        # This module adds a few by code.
        | sources.words(auto / "configuration_auto.py"),
        classes=sources.words(auto / "modeling_auto.py"),
        templates=sources.keys(
            vllm / "transformers_utils" / "chat_templates" / "registry.py", "_MODEL_TYPE_TO_CHAT_TEMPLATE_FALLBACK"
        ),
        suffixes=sources.keys(vllm / "config" / "model.py", "_SUFFIX_TO_DEFAULTS"),
    )


def is_known(names: Sequence[str], known: Known) -> bool:
    """Return whether vLLM has one of the architectures, or one that it derives it from by another ending."""
    return any(name in known.architectures or _derived(name, known) for name in names)


def _derived(name: str, known: Known) -> bool:
    endings = [ending for ending in known.suffixes if name.endswith(ending)]
    stems = {name.removesuffix(ending) for ending in endings}
    return any(stem + other in known.architectures for stem in stems for other in known.suffixes)

"""The model: whether all of it is here, whether this vLLM can load it, and what it lacks for chats."""

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.installation import PIP
from dragoman.diagnosis.known import Known, is_known, known
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import counted, listed
from dragoman.diagnosis.weights import LFS, UNREADABLE, Weights, examined
from dragoman.downloads.repositories import Repository, repositories
from dragoman.settings.catalogue import vllm_flags
from dragoman.settings.checks import AWAITED
from dragoman.settings.hub_cache import snapshot
from dragoman.settings.plugins import has_plugins
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value

# Any of these is a tokenizer's: that of tokenizers, SentencePiece's, Mistral's, and those of two and three files.
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt", "spiece.model")
TEMPLATES = ("chat_template.jinja", "chat_template.json")
# How vLLM's names of architectures that produce text end.
GENERATIVE = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel", "ChatModel")
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
YES = ("1", "true", "yes", "on")

Json: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Model:
    """The model that the settings name.

    Args:
        name: a directory, or a name on the hub.
        directory: where it is; None where it is not on this machine.
        is_whole: whether nothing more has to be downloaded.
        on_hub: whether the name can be one on the hub.
        offline: whether the hub may not be asked.
        config: its config.json.
        tokenizer: its tokenizer_config.json.
        files: the names of its files.
        weights: what is wrong with its weights; None where they are not here.
        known: what this vLLM knows.
    """

    name: str
    directory: str | None
    is_whole: bool
    on_hub: bool
    offline: bool
    config: Json
    tokenizer: Json
    files: frozenset[str]
    weights: Weights | None
    known: Known

    @property
    def architectures(self) -> list[str]:
        """The names of what it can be loaded as."""
        found = self.config.get("architectures")
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def look(subject: Subject) -> Model | None:
    """Read the model's files, the headers of its weights, and what vLLM knows; None where no model is loaded here."""
    repository = repository_of(subject)
    if repository is None:
        return None
    directory = directory_of(repository)
    return Model(
        name=repository.name,
        directory=str(directory) if directory else None,
        is_whole=repository.local() is not None or os.path.exists(repository.name),
        on_hub=repository.on_hub,
        offline=is_offline(subject.variables),
        config=_overridden(_read(directory, "config.json"), subject.value("hf_overrides")),
        tokenizer=_read(directory, "tokenizer_config.json"),
        files=frozenset(each.name for each in directory.iterdir()) if directory else frozenset(),
        weights=examined(repository, directory) if directory else None,
        known=known(),
    )


def repository_of(subject: Subject) -> Repository | None:
    """Return the model as vLLM will look for it; None where none is loaded here, or it is still to come."""
    if not subject.has_engine or "model" in (_awaited(subject.resolution) or ()):
        return None
    return next(repositories(subject.resolution.engine_args, subject.variables), None)


def directory_of(repository: Repository) -> Path | None:
    """Return the directory that a model is in, though something may miss in it; None where there is none."""
    if os.path.isdir(repository.name):
        return Path(repository.name)
    return snapshot(repository.cache, repository.name, repository.revision) if repository.on_hub else None


def is_offline(variables: Mapping[str, str]) -> bool:
    """Return whether huggingface_hub may not ask the hub."""
    return any(variables.get(name, "").lower() in YES for name in OFFLINE)


def present(subject: Subject, model: Model | None) -> Iterator[Finding]:
    """Whether the model is here, or can come."""
    if model is None:
        yield fine("no model is loaded from this machine's files")
    elif model.is_whole:
        yield fine(f"the model is here: {model.directory or model.name}")
    elif model.on_hub and model.offline:
        what = f"{model.name} is not in the hub's cache as a whole, and HF_HUB_OFFLINE keeps it from being downloaded"
        yield problem(what, "The engine does not start without it.", f"unset {' '.join(OFFLINE)}")
    elif model.on_hub:
        yield fine(f"{model.name} is not here yet: the worker downloads it when it starts")
    else:
        yield fine(f"{model.name} is fetched when the worker starts")


def whole(subject: Subject, model: Model | None) -> Iterator[Finding]:
    """Whether every file of the weights is here and all of it."""
    weights = model.weights if model else None
    if model is None or weights is None:
        yield fine("there are no weights here to look at")
        return
    why = "Loading the weights ends with an error, after everything else has been loaded."
    again = _again(model)
    # The worker downloads what misses of a model on the hub.
    told = advice if model.on_hub and not model.offline else problem
    if weights.missing:
        yield told(f"the index names files that are not here: {listed(weights.missing)}", why, again)
    if weights.pointers:
        cure = f"git -C {shlex.quote(str(model.directory))} lfs pull" if not model.on_hub else again
        yield problem(f"files are only Git LFS's pointers to them: {listed(weights.pointers)}", why, cure)
    for name, reason in weights.broken.items():
        path = shlex.quote(f"{model.directory}/{name}")
        cure = f"sudo chmod a+r {path}" if reason == UNREADABLE else again
        yield problem(f"{name} cannot be read: {reason}", why, cure)
    if weights.unfinished:
        what = f"a download was cut short: {listed(weights.unfinished)}"
        yield advice(what, "It goes on when the worker starts; until then it only takes space.", again)
    if not weights.count and subject.value("load_format") in ("auto", "safetensors", "hf"):
        yield told(f"there are no weights in {model.directory}", why, again)
    if weights.is_whole:
        yield fine(f"the weights are whole: {counted(weights.count, 'file')}")


def architecture(subject: Subject, model: Model | None) -> Iterator[Finding]:
    """Whether this vLLM has the model's architecture."""
    names = model.architectures if model else []
    if model is None or not names or not model.known.architectures:
        yield fine("there is no architecture here to look up")
    elif is_known(names, model.known) or has_plugins():
        yield fine(f"this vLLM knows {listed(names)}")
    elif plugin := next(filter(None, map(model.known.plugins.get, names)), None):
        why = "The engine does not start."
        yield problem(f"this vLLM needs a plugin for {listed(names)}", why, f"{PIP} git+{plugin}")
    elif version := next(filter(None, map(model.known.last.get, names)), None):
        why = f"The engine does not start. {version} was the last version that had it."
        yield problem(f"this vLLM has no {listed(names)} any more", why)
    elif any(name in model.known.classes for name in names):
        why = "It runs through transformers' code, where that can be used so, and slower than vLLM's own."
        yield advice(
            f"vLLM has no code of its own for {listed(names)}, but transformers has",
            why,
            subject.command("serve", "--model-impl", "transformers"),
        )
    elif "auto_map" in model.config:
        what = f"neither vLLM nor transformers has {listed(names)}; the model brings code for it"
        why = "vLLM can run it only where that code is made for vLLM's use of transformers."
        cure = "" if subject.value("trust_remote_code") else subject.command("serve", "--trust-remote-code")
        yield advice(what, why, cure)
    else:
        what = f"this vLLM has no {listed(names)}"
        why = "The engine does not start. A newer vLLM may have it, or a plugin of vLLM's."
        yield problem(what, why)


def remote_code(subject: Subject, model: Model | None) -> Iterator[Finding]:
    """Whether the model brings code that has to be trusted."""
    kind = model.config.get("model_type") if model else None
    mapped = _mapped(model.config) if model else frozenset()
    if model is None or not mapped or not model.known.model_types:
        yield fine("the model needs no code of its own")
    elif subject.value("trust_remote_code"):
        what = f"the code that {model.name} brings is run (trust_remote_code)"
        yield advice(
            what,
            "It can do whatever the worker may. --code-revision COMMIT keeps it as it was read.",
            subject.command("explain"),
        )
    elif "AutoConfig" in mapped and kind not in model.known.model_types:
        what = f"{model.name} ({kind}) cannot be read without the code that it brings"
        yield problem(
            what,
            "The engine does not start unless it may run that code.",
            subject.command("serve", "--trust-remote-code"),
        )
    else:
        yield fine("the model brings code, and vLLM has its own in its place")


def tokenizer(subject: Subject, model: Model | None) -> Iterator[Finding]:
    """Whether there is a tokenizer."""
    elsewhere = model and subject.value("tokenizer") not in (None, model.name)
    if model is None or not _is_seen(model) or elsewhere or subject.value("skip_tokenizer_init"):
        yield fine("the tokenizer is not to be looked for here")
    elif not model.files.intersection(TOKENIZERS) and "auto_map" not in model.tokenizer:
        what = f"there is no tokenizer in {model.directory}"
        yield problem(
            what, "The engine does not start without one.", subject.command("serve", "--tokenizer", "org/name")
        )
    else:
        yield fine("the tokenizer is here")


def chat_template(subject: Subject, model: Model | None) -> Iterator[Finding]:
    """Whether chats can be answered."""
    if model is None or not _is_seen(model) or not _generates(subject, model):
        yield fine("no chat template is needed")
    elif _has_template(subject, model):
        yield fine("there is a chat template")
    elif model.config.get("model_type") in model.known.templates:
        yield fine("vLLM has a chat template for this model")
    else:
        what = "the model has no chat template"
        why = "/v1/chat/completions answers 400 to everything; /v1/completions works."
        yield advice(what, why, subject.command("serve", "--chat-template", "template.jinja"))


def quantization(subject: Subject, model: Model | None) -> Iterator[Finding]:
    """Whether vLLM can read the model's quantization."""
    held = (model.config.get("quantization_config") or model.config.get("compression_config")) if model else None
    method = held.get("quant_method") if isinstance(held, dict) else None
    read = vllm_flags()["options"]["quantization"]["known"]
    if not isinstance(method, str):
        yield fine("the weights are not quantized")
    elif method in vllm_flags()["deprecated_quantization"] and not subject.value("allow_deprecated_quantization"):
        why = "vLLM has deprecated it and does not start unless that is confirmed."
        yield problem(
            f"the weights are quantized with {method}", why, subject.command("serve", "--allow-deprecated-quantization")
        )
    elif method.lower() in read or has_plugins():
        yield fine(f"vLLM reads the weights' quantization ({method})")
    else:
        what = f"the weights are quantized with {method}, which this vLLM does not read"
        yield problem(what, f"The engine does not start. It reads {', '.join(read)}.")


def _is_seen(model: Model) -> bool:
    """Whether what is not among the model's files is not there; of a file alone that cannot be told."""
    return model.is_whole and model.directory is not None


def _has_template(subject: Subject, model: Model) -> bool:
    # Mistral's own tokenizer has its template in itself.
    of_mistral = subject.value("tokenizer_mode") == "mistral" or "tekken.json" in model.files
    own = model.files.intersection(TEMPLATES) or model.tokenizer.get("chat_template")
    return bool(of_mistral or own or subject.value("chat_template"))


def _generates(subject: Subject, model: Model) -> bool:
    runner = subject.value("runner")
    return runner == "generate" or (
        runner != "pooling" and any(name.endswith(GENERATIVE) for name in model.architectures)
    )


def _mapped(config: Json) -> frozenset[str]:
    found = config.get("auto_map")
    return frozenset(found) if isinstance(found, dict) else frozenset()


def _again(model: Model) -> str:
    if model.on_hub:
        return f"hf download {shlex.quote(model.name)}"
    return f"hf download ORG/NAME --local-dir {shlex.quote(str(model.directory))}"


def _read(directory: Path | None, name: str) -> Json:
    try:
        held = json.loads((directory / name).read_bytes()) if directory else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}


def _overridden(config: Json, overrides: Value) -> Json:
    return {**config, **overrides} if isinstance(overrides, dict) else config


def _awaited(resolution: Resolution) -> Value:
    return next((setting.value for setting in resolution.settings if setting.name == AWAITED), None)


TOPIC = Topic(
    "the model",
    look,
    (
        Check("model", "Whether the model is on this machine, or may be downloaded.", present),
        Check("weights", f"Missing shards, {LFS} pointers, truncated files, downloads that were cut short.", whole),
        Check("architecture", "Whether the installed vLLM has the model's architecture.", architecture),
        Check("remote-code", "Whether the model needs `--trust-remote-code`, or has it without need.", remote_code),
        Check("tokenizer", "Whether there is a tokenizer.", tokenizer),
        Check("chat-template", "Whether chats can be answered.", chat_template),
        Check("quantization", "Whether vLLM reads the weights' quantization.", quantization),
    ),
)

"""What cannot work together, found before anything is loaded. ERRORS and WARNINGS at the end are the tables of checks.

Unless it says otherwise, a check repeats what vLLM 0.32's configuration classes or its validate_parsed_serve_args
refuse after its parser has accepted it.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from dragoman.models import MINI
from dragoman.settings import models, ray_cluster, replicas, templates
from dragoman.settings.catalogue import Setting, vllm_flags
from dragoman.settings.plugins import has_plugins
from dragoman.settings.retired.values import GONE
from dragoman.settings.suggestions import closest_flag
from dragoman.settings.values import quote
from dragoman.settings.view import View

Check = Callable[[View], Iterator[str]]

# The first does nothing, or fails, without the second.
COMPANIONS = (
    ("enable_log_outputs", "enable_log_requests"),
    ("enable_auto_tool_choice", "tool_call_parser"),
    ("enable_eplb", "enable_expert_parallel"),
    ("numa_bind_nodes", "numa_bind"),
    ("numa_bind_cpus", "numa_bind"),
    ("ssl_keyfile", "ssl_certfile"),
    ("min_replicas", "max_replicas"),
)
# The first may not be more than the second, where both are set.
ORDERED = (
    ("max_num_seqs", "max_num_batched_tokens"),
    ("max_num_active_seqs", "max_num_seqs"),
    ("max_loras", "max_cpu_loras"),
    ("long_prefill_token_threshold", "max_model_len"),
    ("data_parallel_size_local", "data_parallel_size"),
    ("min_replicas", "max_replicas"),
)
# The backends of structured outputs, and those that have these options.
STRUCTURED_OUTPUTS = ("auto", "xgrammar", "guidance", "outlines", "lm-format-enforcer")
BACKENDS = {"disable_any_whitespace": ("xgrammar", "guidance"), "disable_additional_properties": ("guidance",)}
# Other names exist once these plugins are loaded.
PLUGINS = {"tool_call_parser": "tool_parser_plugin", "reasoning_parser": "reasoning_parser_plugin"}
# What a plugin of vLLM's can add names to.
OPEN = frozenset({"quantization", "load_format", "tokenizer_mode", "config_format"})
FILES = ("ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "tool_parser_plugin", "reasoning_parser_plugin")
# The setting in which a platform says which of these are to come, by name; it looks for them later itself.
AWAITED = "awaited"
MAY_BE_AWAITED = ("model", "tokenizer", "chat_template", "tool_parser_plugin", "reasoning_parser_plugin")
FOLDERS = ("model_dir", "code_dir")
# Those of vLLM's flags that the worker acts on itself, whatever its engine is.
OBSERVATION = frozenset(
    {"log_level", "uvicorn_log_level", "disable_uvicorn_access_log", "disable_access_log_for_endpoints"}
    | {"otlp_traces_endpoint"}
)
OBJECTS = ("hf_overrides", "model_loader_extra_config")
NGRAMS = ("ngram", "ngram_gpu")
AUTO = -1
# Names, IPv4 addresses, and IPv6 addresses without their brackets.
HOST = re.compile(r"[0-9a-z_-]+(\.[0-9a-z_-]+)*\.?|[0-9a-f:.%]*:[0-9a-z:.%]*", re.IGNORECASE)


def is_awaited(view: View, name: str) -> bool:
    """Return whether what the setting names is to come before the engine starts."""
    return name in view.get(AWAITED, {})


def companions(view: View) -> Iterator[str]:
    """Look for settings that need another one."""
    for name, companion in COMPANIONS:
        if view.get(name) and not view.get(companion):
            yield f"{view.cite(name)} needs {companion} as well"


def metrics_without_statistics(view: View) -> Iterator[str]:
    """Look for request metrics without the statistics that they are made of."""
    if view.get("enable_per_request_metrics") and view.get("disable_log_stats"):
        yield f"{view.cite('enable_per_request_metrics')} contradicts {view.cite('disable_log_stats')}"


def ordered(view: View) -> Iterator[str]:
    """Look for a part that is larger than its whole."""
    for smaller, larger in ORDERED:
        low, high = view.get(smaller), view.get(larger)
        if None not in (low, high) and high != AUTO and low > high:
            yield f"{view.cite(smaller)} is more than {view.cite(larger)}"


def batch_below_context(view: View) -> Iterator[str]:
    """Look for batches in which a prompt of full length does not fit, where prompts may not be split."""
    batch, context = view.get("max_num_batched_tokens"), view.get("max_model_len")
    if view.get("enable_chunked_prefill") is False and batch and context and batch < context:
        context_cited, prefill = view.cite("max_model_len"), view.cite("enable_chunked_prefill")
        yield f"{view.cite('max_num_batched_tokens')} is less than {context_cited}, and {prefill}"


def empty_context(view: View) -> Iterator[str]:
    """Look for a context of no tokens, which is within the bounds of vLLM's parser."""
    if view.get("max_model_len") == 0:
        yield f"{view.cite('max_model_len')} is no length: write a number of tokens, or auto"


def redundant_experts(view: View) -> Iterator[str]:
    """Look for redundant experts that nothing balances."""
    if view.get("eplb_config", {}).get("num_redundant_experts") and not view.get("enable_eplb"):
        yield f"{view.cite('eplb_config')} has redundant experts, which need enable_eplb"


def structured_outputs(view: View) -> Iterator[str]:
    """Look for a backend of structured outputs that there is not, and for options that it does not have."""
    config = view.get("structured_outputs_config", {})
    if (backend := config.get("backend", "auto")) not in STRUCTURED_OUTPUTS:
        known = ", ".join(STRUCTURED_OUTPUTS)
        yield f"{view.cite('structured_outputs_config')}: {quote(backend)} is no backend; there are {known}"
    for name, backends in BACKENDS.items():
        if config.get(name) and config.get("backend") not in backends:
            yield f"{view.cite('structured_outputs_config')}: {name} needs the backend {' or '.join(backends)}"


def speculation_given_twice(view: View) -> Iterator[str]:
    """Look for flags that say the same as speculative_config."""
    keys = {"spec_method": "method", "spec_model": "model", "spec_tokens": "num_speculative_tokens"}
    for name, key in keys.items():
        if view.get(name) is not None and key in view.get("speculative_config", {}):
            yield f"{view.cite(name)} contradicts {key!r} of {view.cite('speculative_config')}"


def speculation(view: View) -> Iterator[str]:
    """Look for a method of speculation that there is not, and for no tokens to speculate."""
    config, cited = view.get("speculative_config", {}), view.cite("speculative_config")
    methods = view.catalogue["spec_method"].choices
    if (method := config.get("method")) is not None and method not in methods:
        yield f"{cited}: {quote(method)} is no method; there are {', '.join(methods)}"
    tokens = config.get("num_speculative_tokens", view.get("spec_tokens"))
    if tokens is None and method in NGRAMS:
        yield f"{cited}: n-grams need num_speculative_tokens"
    elif isinstance(tokens, int) and tokens < 1:
        yield f"{cited}: num_speculative_tokens is not at least 1"


def objects(view: View) -> Iterator[str]:
    """Look for text where vLLM's parser takes any, and only an object is of use."""
    for name in OBJECTS:
        if isinstance(view.get(name), str):
            yield f"{view.cite(name)} is not a JSON object"


def certificate(view: View) -> Iterator[str]:
    """Look for parts of TLS that do not work; a rule of the worker's own, which loads them itself."""
    certfile, keyfile, authorities, ciphers = map(
        view.get, ("ssl_certfile", "ssl_keyfile", "ssl_ca_certs", "ssl_ciphers")
    )
    if certfile is None or not all(os.path.isfile(file) for file in (certfile, keyfile, authorities) if file):
        return
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trials: dict[str, Callable[[], None]] = {
        "ssl_certfile": lambda: context.load_cert_chain(certfile, keyfile, password=""),
        "ssl_ca_certs": lambda: context.load_verify_locations(authorities),
        "ssl_ciphers": lambda: context.set_ciphers(ciphers),
    }
    for name in filter(view.get, trials):
        try:
            trials[name]()
        except OSError as problem:
            yield f"{view.cite(name)} cannot be used: {problem}"


def ray(view: View) -> Iterator[str]:
    """Look for what needs Ray, which is an extra of this worker's, and for what does not go with it."""
    yield from ray_cluster.problems(view)


def known_values(view: View) -> Iterator[str]:
    """Look for names that vLLM finds wanting only when it loads the model or launches its server."""
    for setting in view.catalogue:
        value = view.get(setting.name)
        if value is None or not setting.known or is_known(setting, value) or is_plugged(view, setting):
            continue
        if reason := GONE.get((setting.name, value)):
            yield f"{view.cite(setting.name)} is gone: {reason}"
            continue
        guess = closest_flag(value, setting.known)
        hint = f"did you mean {guess}?" if guess else f"there are {', '.join(setting.known)}"
        yield f"{view.cite(setting.name)} is not one that vLLM has; {hint}"


def is_plugged(view: View, setting: Setting) -> bool:
    """Return whether a plugin may bring the name: one of the setting's own, or one of vLLM's."""
    return bool(view.get(PLUGINS.get(setting.name, ""))) or (setting.name in OPEN and has_plugins())


def is_known(setting: Setting, value: str) -> bool:
    """Attention backends are read in any case, and an executor may be named by its import path."""
    if setting.name == "attention_backend":
        return value.lower() in map(str.lower, setting.known)
    return value in setting.known or (setting.name == "distributed_executor_backend" and "." in value)


def deprecated_quantization(view: View) -> Iterator[str]:
    """Look for a quantization method that vLLM wants confirmed."""
    deprecated = view.get("quantization") in vllm_flags()["deprecated_quantization"]
    if deprecated and not view.get("allow_deprecated_quantization"):
        yield f"{view.cite('quantization')} is deprecated in vLLM and needs allow_deprecated_quantization"


def engine_address(view: View) -> Iterator[str]:
    """Look for an engine's address that no HTTP client understands; a rule of the worker's own."""
    url = view.get("engine_url")
    if url is None:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname and HOST.fullmatch(parts.hostname) and (parts.port is None or parts.port > 0)
        fine = parts.scheme in ("http", "https") and host and not parts.query and not parts.fragment
    except ValueError:
        fine = False
    if not fine:
        yield f"{view.cite('engine_url')} is not an address such as http://host:8000"


def paths(view: View) -> Iterator[str]:
    """Look for files and directories that are not there; a rule of the worker's own, which opens them itself."""
    for name in FILES:
        if view.get(name) and not is_awaited(view, name) and not os.path.isfile(view.get(name)):
            yield f"{view.cite(name)} is not a file"
    for name in FOLDERS:
        if view.get(name) and not os.path.isdir(view.get(name)):
            yield f"{view.cite(name)} is not a directory"


def model(view: View) -> Iterator[str]:
    """Look for a model that is neither a directory of the right kind nor on the hub, which vLLM finds out late."""
    name = None if is_awaited(view, "model") else view.get("model")
    if name is not None and view.get("engine_url") is None and (problem := models.problem(name)):
        yield f"{view.cite('model')} {problem}"


def tokenizer(view: View) -> Iterator[str]:
    """Look for a tokenizer that is not there, which vLLM finds out late."""
    name = None if is_awaited(view, "tokenizer") else view.get("tokenizer")
    if name is not None and models.looks_like_path(name) and not os.path.exists(name):
        yield f"{view.cite('tokenizer')} does not exist"


def chat_template(view: View) -> Iterator[str]:
    """Look for a chat template that is not there, or that is none, which vLLM finds out at the first request."""
    template = None if is_awaited(view, "chat_template") else view.get("chat_template")
    if template is not None and (problem := templates.problem_with_setting(template)):
        yield f"{view.cite('chat_template')} {problem}"


def too_many_gpus(view: View) -> Iterator[str]:
    """Look for more parallel ranks than there are GPUs."""
    wanted = view.get("tensor_parallel_size", 1) * view.get("pipeline_parallel_size", 1)
    elsewhere = ray_cluster.on_ray(view) or replicas.asked_for(view) or view.get("nnodes", 1) > 1
    if wanted > 1 and not elsewhere and view.get("engine_url") is None and 0 < (gpus := view.gpus()) < wanted:
        sizes = " x ".join(view.cite(n) for n in ("tensor_parallel_size", "pipeline_parallel_size") if view.get(n))
        yield f"{sizes} needs {wanted} GPUs, and there are {gpus}"


def model_template(view: View) -> Iterator[str]:
    """Look for a broken template that came with the model; it may never be used, so this is no error."""
    name = view.get("model")
    if name in (None, str(MINI)) or view.get("chat_template") is not None or not os.path.isdir(name):
        return
    for place, problem in templates.problems_of_model(Path(name)):
        yield f"the chat template in {place} {problem}"


def flags_without_engine(view: View) -> Iterator[str]:
    """Look for flags of vLLM that reach nothing, because the engine runs elsewhere."""
    if view.get("engine_url") is None:
        return
    vllms = (setting.name for setting in view.catalogue if setting.flag and setting.name not in OBSERVATION)
    lost = [name for name in vllms if view.get(name) is not None]
    if lost:
        cited = ", ".join(map(view.cite, lost))
        yield f"{view.cite('engine_url')} is served in place of vLLM, so nothing comes of {cited}"


ERRORS: tuple[Check, ...] = (
    model,
    tokenizer,
    chat_template,
    paths,
    certificate,
    engine_address,
    known_values,
    deprecated_quantization,
    companions,
    metrics_without_statistics,
    ordered,
    batch_below_context,
    empty_context,
    redundant_experts,
    structured_outputs,
    speculation_given_twice,
    speculation,
    objects,
    ray,
    replicas.problems,
    too_many_gpus,
)
WARNINGS: tuple[Check, ...] = (model_template, flags_without_engine)


def errors(view: View) -> Iterator[str]:
    """Yield every contradiction and everything that cannot work."""
    for check in ERRORS:
        yield from check(view)


def warnings(view: View) -> Iterator[str]:
    """Yield what may not work."""
    for check in WARNINGS:
        yield from check(view)

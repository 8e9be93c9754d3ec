"""What vLLM will make of the settings for this model on this device: the rules of vLLM 0.32's own configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dragoman.errors import ConfigurationError
from dragoman.planning.configuration import Configuration
from dragoman.planning.devices import Device
from dragoman.planning.dtypes import BYTES, named
from dragoman.planning.geometry import Geometry, context, is_encoder, positions
from dragoman.planning.headers import Tensor
from dragoman.planning.layers import Latent
from dragoman.planning.material import Material
from dragoman.planning.terms import Terms
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value

_BLOCK, _CPU_BLOCK, _CPU_KERNEL, _CPU_LATENT_BLOCK, _KERNEL = 16, 128, 32, 16, 16
# FlashMLA, which Hopper has, takes so many tokens at a time, and the kernels for Blackwell too.
_HOPPER, _LATENT_BLOCK = 9.0, 64
_LARGE, _LARGEST = 70 * 2**30, 160 * 2**30
# Architectures with a head for vectors or scores, which vLLM runs as pooling models.
_POOLING = ("Model", "ForSequenceClassification", "ForTokenClassification", "ForRewardModel", "ForMaskedLM")
# What ends like one of them, and writes text all the same.
_WRITING = "LMHeadModel"
# vLLM's variable by which requests may be longer than the model is made for.
_ALLOWS_LONGER = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The settings that a plan needs, as vLLM will have them.

    Args:
        terms: what they say about the cache, for one GPU a layer.
        quantization: vLLM's setting; None where nothing is set.
        length: tokens of the longest request.
        most: tokens that vLLM takes at most in a request to this model; None where it takes any number.
        fits_length: whether vLLM makes that as long as fits.
        degree: GPUs that share each layer; None where nobody has said so.
        replicas: how often the model is there.
        utilization: the share of a device's memory that vLLM takes.
        cache_bytes: what the cache takes on each device; None where it takes what is left.
        blocks: how many blocks were set; None where none were.
        sequences: requests that run at a time.
        batched: tokens of a step.
        usual: as many requests and tokens of a step as vLLM has where nothing is set.
        is_eager: whether nothing is compiled and captured.
        drafts: whether a model guesses ahead.
    """

    terms: Terms
    quantization: str | None
    length: int
    most: int | None
    fits_length: bool
    degree: int | None
    replicas: int
    utilization: float
    cache_bytes: int | None
    blocks: int | None
    sequences: int
    batched: int
    usual: tuple[int, int]
    is_eager: bool
    drafts: bool


def engine(
    resolution: Resolution,
    material: Material,
    configuration: Configuration,
    geometry: Geometry | None,
    device: Device,
    environment: Mapping[str, str],
) -> Engine:
    """Return what vLLM will make of the settings.

    Raises:
        ConfigurationError: a setting is not what vLLM takes.
        ValueError: config.json does not tell how long requests may be.
    """
    value = resolution.value
    pools = value("runner") == "pooling" or is_pooling(configuration)
    dtype = _running_dtype(value("dtype"), configuration, material.tensors, device, pools=pools)
    chosen = value("max_model_len")
    length = chosen if chosen and chosen > 0 else made_for(configuration, material.lengths)
    sequences, batched = _batch(resolution, configuration, device, length)
    is_async = device.is_gpu and value("async_scheduling") is not False and not pools
    terms = _terms(resolution, configuration, geometry, device, dtype)
    return Engine(
        terms=replace(terms, in_flight=(terms.stages + is_async) * batched),
        quantization=value("quantization"),
        length=length,
        most=_most(configuration, material.lengths, environment),
        fits_length=chosen is not None and chosen <= 0,
        degree=value("tensor_parallel_size") if _is_set(resolution, "tensor_parallel_size") else None,
        replicas=value("data_parallel_size"),
        utilization=value("gpu_memory_utilization"),
        cache_bytes=value("kv_cache_memory_bytes"),
        blocks=value("num_gpu_blocks_override"),
        sequences=sequences,
        batched=batched,
        usual=_usual(device, _world(resolution)),
        is_eager=bool(value("enforce_eager")) or str(value("optimization_level")) == "0",
        drafts=bool(value("speculative_config")),
    )


def _is_set(resolution: Resolution, name: str) -> bool:
    return next(setting.is_set for setting in resolution.settings if setting.name == name)


def is_pooling(configuration: Configuration) -> bool:
    """Return whether vLLM makes vectors or scores with it rather than text."""
    named = (name for name in configuration.architectures if not name.endswith(_WRITING))
    return is_encoder(configuration) or any(name.endswith(_POOLING) for name in named)


def made_for(configuration: Configuration, lengths: Mapping[str, Mapping[str, Value]]) -> int:
    """Return the tokens of the longest request: a model for vectors may have it in other files than config.json."""
    length = context(configuration)
    return _of_encoder(length, lengths) if is_encoder(configuration) else length


def _most(
    configuration: Configuration, lengths: Mapping[str, Mapping[str, Value]], environment: Mapping[str, str]
) -> int | None:
    if environment.get(_ALLOWS_LONGER, "").strip().lower() in ("1", "true"):
        return None
    return made_for(configuration, lengths) if is_encoder(configuration) else positions(configuration)


def _of_encoder(length: int, lengths: Mapping[str, Mapping[str, Value]]) -> int:
    tokens = lengths.get("tokenizer_config.json", {}).get("model_max_length")
    if isinstance(tokens, int) and tokens > 0:
        length = min(length, tokens)
    trained = lengths.get("sentence_bert_config.json", {}).get("max_seq_length")
    return trained if isinstance(trained, int) and trained > 0 else length


def _running_dtype(
    chosen: str, configuration: Configuration, tensors: tuple[Tensor, ...], device: Device, *, pools: bool
) -> str:
    """Return the type that a model runs in: what was set, else its own, but for float32 a smaller one."""
    if chosen != "auto":
        return named(chosen)
    own = configuration.anywhere("dtype") or configuration.anywhere("torch_dtype") or _of_tensors(tensors) or "float32"
    dtype = named(str(own))
    if dtype not in BYTES or dtype == "float32" or (dtype == "bfloat16" and not device.has_bfloat16):
        return "float16" if pools or not device.has_bfloat16 else "bfloat16"
    return dtype


def _of_tensors(tensors: tuple[Tensor, ...]) -> str | None:
    found = {tensor.dtype for tensor in tensors} & {"F32", "F16", "BF16"}
    return "F32" if len(found) > 1 else next(iter(found), None)


def _batch(resolution: Resolution, configuration: Configuration, device: Device, length: int) -> tuple[int, int]:
    """Return how many requests run at a time, and how many tokens a step has, as vLLM's EngineArgs work it out."""
    set_sequences, set_batched = resolution.value("max_num_seqs"), resolution.value("max_num_batched_tokens")
    sequences, batched = _usual(device, _world(resolution))
    factor = 2 if resolution.value("performance_mode") == "throughput" else 1
    sequences, batched = set_sequences or sequences * factor, batched * factor
    if set_batched is None:
        if is_encoder(configuration) or resolution.value("enable_chunked_prefill") is False:
            batched = max(length, batched)
        batched = min(sequences * length, batched)
    else:
        batched = set_batched
    return (set_sequences or min(sequences, batched)), batched


def _world(resolution: Resolution) -> int:
    return int(resolution.value("tensor_parallel_size") * resolution.value("pipeline_parallel_size"))


def _usual(device: Device, world: int) -> tuple[int, int]:
    if not device.is_gpu:
        return 128 * world, 2048 * world
    if device.memory >= _LARGEST:
        return 1024, 16384
    return (1024, 8192) if device.memory >= _LARGE and "A100" not in device.name.upper() else (256, 2048)


def _terms(
    resolution: Resolution, configuration: Configuration, geometry: Geometry | None, device: Device, dtype: str
) -> Terms:
    value = resolution.value
    kept = geometry.attention if geometry else ()
    state, recurrence = _state_dtypes(resolution, configuration, device, dtype)
    return Terms(
        dtype=dtype,
        cache_dtype=_cache_dtype(value("kv_cache_dtype"), configuration),
        block=_block(value("block_size"), device, is_latent=any(isinstance(layer, Latent) for layer in kept)),
        kernel=_KERNEL if device.is_gpu else _CPU_KERNEL,
        in_flight=0,
        stages=value("pipeline_parallel_size"),
        caches_prefixes=bool(kept) if value("enable_prefix_caching") is None else value("enable_prefix_caching"),
        is_uniform=bool(value("disable_hybrid_kv_cache_manager")),
        state_dtype=state,
        recurrence_dtype=recurrence,
        drafts=_drafts(value("speculative_config")),
    )


def _drafts(speculative: Value) -> int:
    """Return how many tokens are guessed ahead."""
    tokens = (speculative or {}).get("num_speculative_tokens") or 0
    if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 0:
        raise ConfigurationError(
            f"speculative_config: num_speculative_tokens is {tokens!r}, which is no number of tokens"
        )
    return tokens


def _block(chosen: int | None, device: Device, *, is_latent: bool) -> int:
    if device.is_gpu:
        return chosen or (_LATENT_BLOCK if is_latent and device.capability >= _HOPPER else _BLOCK)
    if is_latent and "amx_tile" not in device.flags:
        return _CPU_LATENT_BLOCK
    return chosen or _CPU_BLOCK


def _cache_dtype(chosen: str, configuration: Configuration) -> str:
    """Return the type of the cache: what was set, or what the model's files are quantized for."""
    if chosen == "auto" and isinstance(configuration.quantization.get("kv_cache_scheme"), dict):
        return "fp8"
    return chosen


def _state_dtypes(resolution: Resolution, configuration: Configuration, device: Device, dtype: str) -> tuple[str, str]:
    chosen, recurrence = resolution.value("mamba_cache_dtype"), resolution.value("mamba_ssm_cache_dtype")
    state = dtype if chosen == "auto" else named(chosen)
    if recurrence == "auto":
        default = "float32" if configuration.model_type == "nemotron_h" else None
        own = configuration.get("mamba_ssm_cache_dtype") or configuration.get("mamba_ssm_dtype") or default
        recurrence = str(own) if own else "auto"
    if not device.is_gpu and "avx512_bf16" in device.flags:
        recurrence = "float32"
    return state, state if recurrence == "auto" else named(recurrence)

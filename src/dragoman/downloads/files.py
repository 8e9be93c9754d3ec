"""Which files of a model vLLM will load: vLLM's own rules, on nothing but names."""

from collections.abc import Collection, Iterable
from fnmatch import fnmatch

SHARDS = "model.safetensors.index.json"
_SAFETENSORS = "*.safetensors"
_MISTRAL = "consolidated*.safetensors"
_ANY_WEIGHTS = (_SAFETENSORS, "*.bin", "*.pt")
# As DefaultModelLoader has them; the weights of other formats have loaders of their own, which fetch them too.
_WEIGHTS_OF = {
    "auto": _ANY_WEIGHTS,
    "hf": _ANY_WEIGHTS,
    "safetensors": (_SAFETENSORS,),
    "fastsafetensors": (_SAFETENSORS,),
    "instanttensor": (_SAFETENSORS,),
    "mistral": (_MISTRAL,),
    "pt": ("*.pt",),
    "npcache": ("*.bin",),
}
LOADED = frozenset(_WEIGHTS_OF)
# What configurations, tokenizers and processors are not made of; vLLM has the same list.
_NOT_CONFIGURATION = (
    *(_SAFETENSORS, "*.bin", "*.pt", "*.pth", "*.ckpt", "*.gguf", "*.h5", "*.msgpack", "*.onnx", "*.onnx_data"),
    *("*.png", "*.jpg", "*.jpeg", "*.gif", "*.webp", "*.mp3", "*.mp4", "*.wav", "*.flac"),
    *("*.parquet", "*.arrow", "*.ipynb", "*.zip", "*.tar*"),
)


def configuration_files(files: Iterable[str]) -> list[str]:
    """Return those of a repository's files that are not weights: configurations, tokenizers, processors, code."""
    return [file for file in files if not _matches(file, _NOT_CONFIGURATION)]


def weight_files(
    files: Collection[str], load_format: str, ignored: Collection[str] = (), shards: Collection[str] = ()
) -> list[str]:
    """Return those of a repository's files that the weights are loaded from.

    Args:
        files: the paths in the repository.
        load_format: vLLM's setting of that name, one of `LOADED`.
        ignored: patterns of paths to leave out, vLLM's `ignore_patterns`.
        shards: the files that the index of the safetensors names, where there is one.
    """
    kept = [file for file in files if not _matches(file, ignored)]
    top = [file for file in files if "/" not in file]
    if load_format == "auto" and any(fnmatch(file, _MISTRAL) for file in top):
        load_format = "mistral"
    patterns = _WEIGHTS_OF[load_format]
    if shards and _SAFETENSORS in patterns:
        return [file for file in kept if file in shards]
    pattern = next((pattern for pattern in patterns if any(fnmatch(file, pattern) for file in top)), None)
    return [file for file in kept if pattern is not None and fnmatch(file, pattern)]


def _matches(file: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(file, pattern) for pattern in patterns)

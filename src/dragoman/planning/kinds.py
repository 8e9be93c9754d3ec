"""Which kind each layer of a model is of."""

from types import MappingProxyType

from dragoman.planning.configuration import Configuration, UntoldError, counted

FULL, SLIDING, CHUNKED, STATE, NOTHING = "full", "sliding", "chunked", "state", "nothing"
# Their names in config.json, older ones of some types among them.
_NAMES = MappingProxyType(
    {
        "full_attention": FULL,
        "attention": FULL,
        "global": FULL,
        "sliding_attention": SLIDING,
        "chunked_attention": CHUNKED,
        "linear_attention": STATE,
        "mamba": STATE,
        "conv": STATE,
        "moe": NOTHING,
        "mlp": NOTHING,
    }
)
# Nemotron-H writes one letter a layer.
_LETTERS = MappingProxyType({"M": STATE, "*": FULL, "-": NOTHING, "E": NOTHING})
_LETTERED = "hybrid_override_pattern"
# No model has more layers than this.
_MOST = 10_000
# What tells how often a type of layer comes: every so many layers there is one of full attention.
_INTERVALS = ("full_attention_interval", "sliding_window_pattern")


def kinds(configuration: Configuration) -> list[str] | None:
    """Return the kind of each layer; None where the configuration makes no difference between them.

    Raises:
        UntoldError: it has kinds of layers that are not known here.
        ValueError: it contradicts itself.
    """
    listed = configuration.get("layer_types") or configuration.get("layers_block_type")
    if isinstance(listed, list):
        return _of_all([_named(name) for name in listed], configuration)
    if isinstance(letters := configuration.get(_LETTERED), str):
        return _of_all([_lettered(letter) for letter in letters], configuration)
    count = layers(configuration)
    if configuration.get("attn_layer_period") is not None:
        return _periodic(configuration, count)
    if isinstance(full := configuration.get("full_attn_idxs"), list):
        return [FULL if layer in full else STATE for layer in range(count)]
    return _repeated(configuration, count)


def layers(configuration: Configuration) -> int:
    """Return how many layers there are; ValueError where that cannot be."""
    count = configuration.count("num_hidden_layers")
    if count > _MOST:
        raise ValueError(f"num_hidden_layers is {count}, and no model has more than {_MOST:,} layers")
    return count


def _of_all(listed: list[str], configuration: Configuration) -> list[str]:
    """Return the kinds of the model's own layers; layers that guess tokens ahead may be listed behind them."""
    if not configuration.says("num_hidden_layers"):
        return listed
    count = layers(configuration)
    if len(listed) < count:
        raise ValueError(f"num_hidden_layers is {count}, and the kinds of {len(listed)} layers are listed")
    return listed[:count]


def _repeated(configuration: Configuration, count: int) -> list[str] | None:
    if not configuration.pattern:
        return None
    others = next(kind for kind in map(_named, configuration.pattern) if kind != FULL)
    for name in _INTERVALS:
        if isinstance(interval := configuration.get(name), int) and interval > 0:
            return [others if (layer + 1) % interval else FULL for layer in range(count)]
    return [_named(configuration.pattern[layer % len(configuration.pattern)]) for layer in range(count)]


def _periodic(configuration: Configuration, count: int) -> list[str]:
    period = configuration.count("attn_layer_period")
    offset = configuration.get("attn_layer_offset", 0)
    return [FULL if layer % period == offset else STATE for layer in range(count)]


def _named(name: object) -> str:
    if name not in _NAMES:
        raise UntoldError(f"it has layers of the kind {name!r}, which is not known here")
    return _NAMES[str(name)]


def _lettered(letter: str) -> str:
    if letter not in _LETTERS:
        raise UntoldError(f"{_LETTERED} has {letter!r}, which is not known here")
    return _LETTERS[letter]


def window(configuration: Configuration) -> int | None:
    """Return how many tokens back the model's sliding layers look; None where it has no such window."""
    size = configuration.get("sliding_window")
    if size is None or configuration.get("use_sliding_window", True) is False:
        return None
    return counted(size, "sliding_window")

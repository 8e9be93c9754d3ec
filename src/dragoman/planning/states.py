"""What layers with a state keep of each sequence, as config.json tells, for each type of model that has them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dragoman.planning.configuration import Configuration, counted
from dragoman.planning.layers import DeltaNet, Mamba1, Mamba2, ShortConvolution, State


def _mamba(configuration: Configuration) -> Mamba1:
    count = configuration.count
    return Mamba1(_channels(configuration), count("state_size"), count("conv_kernel"))


def _channels(configuration: Configuration) -> int:
    if configuration.says("intermediate_size"):
        return configuration.count("intermediate_size")
    return configuration.count("expand") * configuration.count("hidden_size")


def _jamba(configuration: Configuration) -> Mamba1:
    count = configuration.count
    return Mamba1(count("mamba_expand") * count("hidden_size"), count("mamba_d_state"), count("mamba_d_conv"))


def _mamba2(configuration: Configuration) -> Mamba2:
    count = configuration.count
    return Mamba2(
        channels=_channels(configuration),
        groups=count("n_groups"),
        heads=count("num_heads"),
        head_size=count("head_dim"),
        state=count("state_size"),
        kernel=count("conv_kernel"),
    )


def _mixed_mamba2(configuration: Configuration) -> Mamba2:
    """Return the state of Granite's and Falcon's hybrids."""
    count = configuration.count
    expanded = int(configuration.get("mamba_expand", 2) * count("hidden_size"))
    heads = count("mamba_n_heads")
    size = configuration.get("mamba_d_head")
    return Mamba2(
        channels=counted(configuration.get("mamba_d_ssm") or expanded, "mamba_d_ssm"),
        groups=count("mamba_n_groups"),
        heads=heads,
        head_size=size if isinstance(size, int) else expanded // heads,
        state=count("mamba_d_state"),
        kernel=count("mamba_d_conv"),
    )


def _nemotron(configuration: Configuration) -> Mamba2:
    count = configuration.count
    heads, size = count("mamba_num_heads"), count("mamba_head_dim")
    return Mamba2(heads * size, count("n_groups"), heads, size, count("ssm_state_size"), count("conv_kernel"))


def _delta(configuration: Configuration) -> DeltaNet:
    count = configuration.count
    return DeltaNet(
        key_heads=count("linear_num_key_heads"),
        value_heads=count("linear_num_value_heads"),
        key=count("linear_key_head_dim"),
        value=count("linear_value_head_dim"),
        kernel=count("linear_conv_kernel_dim"),
    )


def _short(configuration: Configuration) -> ShortConvolution:
    return ShortConvolution(configuration.count("conv_dim", "hidden_size"), configuration.count("conv_L_cache"))


OF_STATES: Mapping[str, Callable[[Configuration], State]] = MappingProxyType(
    {
        **dict.fromkeys(("mamba", "falcon_mamba"), _mamba),
        "mamba2": _mamba2,
        "jamba": _jamba,
        **dict.fromkeys(("granitemoehybrid", "falcon_h1"), _mixed_mamba2),
        "nemotron_h": _nemotron,
        **dict.fromkeys(("qwen3_next", "qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text"), _delta),
        **dict.fromkeys(("lfm2", "lfm2_moe"), _short),
    }
)

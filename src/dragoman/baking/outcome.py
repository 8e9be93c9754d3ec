"""What a bake leaves behind for workers, and for whoever starts them."""

from collections.abc import Iterator, Mapping
from shlex import join, quote

from dragoman.baking.manifest import Baked
from dragoman.baking.order import MODEL, Order
from dragoman.baking.values import local_values
from dragoman.baking.words import amounts
from dragoman.platforms.runpod import baking as runpod
from dragoman.settings.engine_arguments import engine_arguments
from dragoman.settings.worker import load_catalogue

# What a worker has to be told besides the model.
_FLAGS = ("tokenizer", "quantization", "lora_modules", "speculative_config")


def told(order: Order, baked: Mapping[str, Baked]) -> Iterator[str]:
    """Yield what has been baked and how it is served, having written that down for a worker in the same image.

    Args:
        order: what was asked for.
        baked: what came, by the roles of the parts.
    """
    for role, one in baked.items():
        yield f"baked {role} {one.name}: {amounts(one.files.values())}, in {one.directory}"
    if order.in_image:
        yield _recorded(order, baked)
    yield f"serve it with: {_command(order, baked)}"


def _recorded(order: Order, baked: Mapping[str, Baked]) -> str:
    name = baked[MODEL].name
    try:
        file = runpod.record(local_values(order, baked), name)
    except OSError as error:
        return f"{error.filename} cannot be written ({error.strerror}): on RunPod, keep MODEL_NAME and BASE_PATH"
    return f"wrote {file}: on RunPod a worker in this image serves it as {name}"


def _command(order: Order, baked: Mapping[str, Baked]) -> str:
    """Return how the model is served on another platform, where nobody can be asked for it."""
    model, values, catalogue = baked[MODEL], local_values(order, baked), load_catalogue([])
    names = [name for name in _FLAGS if order.values.get(name)]
    flags = [word for name in names for word in engine_arguments(catalogue[name], values[name])]
    if "lora_modules" in names:
        flags.append("--enable-lora")
    if model.commit is None:
        return join(["dragoman", "serve", str(model.directory), *flags])
    revision = ["--revision", model.revision] if model.revision else []
    cache = quote(str(runpod.hub(order.directory)))
    return f"HF_HUB_CACHE={cache} HF_HUB_OFFLINE=1 {join(['dragoman', 'serve', model.name, *revision, *flags])}"

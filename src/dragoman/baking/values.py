"""What a worker that has what was baked is set to."""

from collections.abc import Mapping

from dragoman.baking.manifest import Baked
from dragoman.baking.order import DRAFT, MODEL, TOKENIZER, Order, adapter_role
from dragoman.settings.values import Value


def local_values(order: Order, baked: Mapping[str, Baked]) -> dict[str, Value]:
    """Return the settings that name models, with directories in the place of names.

    Args:
        order: what was asked for.
        baked: what came, by the roles of the parts.
    """
    places = {role: str(one.directory) for role, one in baked.items()}
    values = {
        **order.values,
        "model": places[MODEL],
        "tokenizer": places.get(TOKENIZER, places[MODEL]),
        "lora_modules": [
            {**module, "path": places[adapter_role(module["name"])]} for module in order.values.get("lora_modules", ())
        ],
    }
    speculation = {**order.values.get("speculative_config", {})}
    if DRAFT in places:
        # A directory has no revisions.
        speculation = {key: held for key, held in speculation.items() if key != "revision"}
        speculation["model"] = places[DRAFT]
    return {**values, "speculative_config": speculation}

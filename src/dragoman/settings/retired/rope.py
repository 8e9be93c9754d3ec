"""The positions that a model can tell apart: `rope_parameters` in hf_overrides, in place of two settings.

vLLM 0.32 replaces the model's own `rope_parameters` by those of hf_overrides as a whole, refuses them without a
`rope_type`, and takes 10,000 for a `rope_theta` that is not there. So what the model says itself is carried over.
"""

from collections.abc import Iterator, Mapping

from dragoman.settings import models
from dragoman.settings.retired.entries import Contribution, dropped, layered, merged, translated
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.values import Value, quote
from dragoman.settings.view import View

SETTINGS = (
    translated("rope_scaling", "rope_parameters of hf_overrides", takes="json"),
    translated("rope_theta", "rope_theta in rope_parameters of hf_overrides", takes="float"),
)
NAMES = tuple(setting.name for setting in SETTINGS)
PARAMETERS = "rope_parameters"
# What the model keeps of its own where its scaling is another one.
_KEPT = ("rope_theta", "partial_rotary_factor")


def rope(view: View) -> Iterator[Outcome]:
    """Put rope_scaling and rope_theta, also those in hf_overrides, where vLLM looks for them today."""
    asked = list(_asked(view))
    if not asked:
        return
    cited = [name for name in NAMES if view.settled(name)] or ["hf_overrides"]
    parameters = rope_parameters(layered(asked), own_parameters(view))
    if "rope_type" not in parameters:
        yield Remark(f"{', '.join(map(view.cite, cited))} names no rope_type", fatal=True)
        return
    present = view.settled("hf_overrides")
    others = {name: held for name, held in _overrides(view).items() if name not in NAMES}
    value = {**others, PARAMETERS: parameters}
    yield merged("hf_overrides", value, [*(settled for settled, _ in asked), *([present] if present else [])])
    yield dropped(view, cited, f"hf_overrides {quote(value)}{''.join(_hints(view, parameters))}")


def rope_parameters(asked: Mapping[str, Value], own: Mapping[str, Value]) -> dict[str, Value]:
    """Return the parameters that a scaling, a theta, or both ask of a model with parameters of its own."""
    theta = {"rope_theta": asked["rope_theta"]} if "rope_theta" in asked else {}
    scaling = asked.get("rope_scaling")
    if not isinstance(scaling, dict):
        return {"rope_type": "default", **own, **theta}
    kept = {name: own[name] for name in _KEPT if name in own}
    return {**kept, **theta, **modern(scaling)}


def own_parameters(view: View) -> dict[str, Value]:
    """Return what the model's own configuration says, in today's words; nothing where it is not at hand."""
    name = view.get("model")
    configuration = models.configuration(name, view.get("revision"), view.environment) if name else {}
    flat = {name: configuration[name] for name in _KEPT if configuration.get(name) is not None}
    held = configuration.get(PARAMETERS) or configuration.get("rope_scaling")
    return {**flat, **(modern(held) if isinstance(held, dict) else {})}


def modern(scaling: Mapping[str, Value]) -> dict[str, Value]:
    """Return the parameters with `rope_type` for what was once called `type`."""
    renamed = {"rope_type": scaling["type"]} if "type" in scaling else {}
    return {**renamed, **{name: value for name, value in scaling.items() if name != "type"}}


def _hints(view: View, parameters: Mapping[str, Value]) -> Iterator[str]:
    if "rope_theta" not in parameters:
        yield "; set rope_theta as well, because the model's own is not at hand and vLLM would take 10000"
    if view.settled("max_model_len") is None:
        yield "; a longer context needs max_model_len as well"


def _overrides(view: View) -> Mapping[str, Value]:
    present = view.get("hf_overrides")
    return present if isinstance(present, dict) else {}


def _asked(view: View) -> Iterator[Contribution]:
    """Yield what is asked for; a setting stands above the overrides that come from the same place."""
    present, overrides = view.settled("hf_overrides"), _overrides(view)
    for name in NAMES:
        settled = view.settled(name)
        if settled and settled.value and not (present and present.rank < settled.rank and PARAMETERS in overrides):
            yield settled, {name: settled.value}
    if present and (legacy := {name: overrides[name] for name in NAMES if name in overrides}):
        yield present, legacy


RULES = (rope,)

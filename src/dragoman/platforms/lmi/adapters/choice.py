"""Which adapter a request asks for."""

from collections.abc import Mapping
from typing import Any

from dragoman.platforms.lmi.adapters.registry import Registry
from dragoman.platforms.lmi.errors import HandlerError

HEADER = "x-amzn-sagemaker-adapter-identifier"
FIELD = "adapters"
PARAMETER = "adapter"


async def resolved(
    registry: Registry, content: Mapping[str, Any], headers: Mapping[str, str], query: Mapping[str, str]
) -> str | None:
    """The engine's name for the adapter; None where the request asks for none.

    It is asked for by SageMaker's header, else in the body (``adapters``), else in the query (``adapter``), else as
    the model.

    Args:
        registry: the adapters that there are.
        content: what the body holds.
        headers: the request's headers, their names in lower case.
        query: the parameters of its query.

    Raises:
        HandlerError: there is no such adapter, or it is said in no way that anybody understands.
    """
    given = headers.get(HEADER), _named(content), query.get(PARAMETER)
    name = next(filter(None, given), None)
    if name:
        return await registry.resolve(name)
    model = content.get("model")
    return await registry.resolve(model) if isinstance(model, str) and model in registry else None


def without(content: Mapping[str, Any]) -> dict[str, Any]:
    """The body without what only LMI knows."""
    return {name: value for name, value in content.items() if name != FIELD}


def _named(content: Mapping[str, Any]) -> str | None:
    """The one adapter that a body names for all of its inputs."""
    given = content.get(FIELD)
    names = given if isinstance(given, list) else [given]
    if not all(name is None or isinstance(name, str) for name in names):
        raise HandlerError("adapters must be the name of an adapter, or one for each input")
    inputs = _count(content)
    if isinstance(given, list) and given and len(given) != inputs:
        raise HandlerError(f"adapters must have a name for each input: {inputs}, not {len(given)}")
    different = {name or None for name in names}
    if len(different) > 1:
        raise HandlerError("All inputs of one request must be for the same adapter")
    return next(iter(different), None)


def _count(content: Mapping[str, Any]) -> int:
    """How many inputs there are; a list of numbers is one, in tokens."""
    inputs = content.get("inputs", content.get("prompt"))
    return len(inputs) if isinstance(inputs, list) and inputs and not isinstance(inputs[0], int) else 1

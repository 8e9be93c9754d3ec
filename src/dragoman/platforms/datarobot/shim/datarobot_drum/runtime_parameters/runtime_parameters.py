"""Reads the runtime parameters of a custom model from the environment."""

import json
import os
from typing import Any

from .exceptions import InvalidJsonException, InvalidRuntimeParam
from .payloads import problem_of


class RuntimeParameters:
    """The parameters that the platform has set: each is a variable that holds JSON, its type and its payload."""

    PARAM_PREFIX = "MLOPS_RUNTIME_PARAM"

    @classmethod
    def has(cls, param_name: str) -> bool:
        """Whether a parameter is set, be it to null."""
        return cls.namespaced_param_name(param_name) in os.environ

    @classmethod
    def get(cls, key: str) -> Any:  # noqa: ANN401
        """The payload of a parameter.

        The errors do not show the variable's value, which may be a secret.

        Raises:
            ValueError: it is not set.
            InvalidJsonException: its variable does not hold JSON.
            InvalidRuntimeParam: its payload is not of its type.
        """
        text = os.environ.get(cls.namespaced_param_name(key))
        if text is None:
            raise ValueError(f"Runtime parameter '{key}' does not exist!")
        try:
            value = json.loads(text)
        except ValueError:
            raise InvalidJsonException(f"Invalid runtime parameter json payload of '{key}'!") from None
        if problem := problem_of(value):
            raise InvalidRuntimeParam(f"Invalid runtime parameter '{key}'! {problem}")
        return value["payload"]

    @classmethod
    def namespaced_param_name(cls, param_name: str) -> str:
        """The variable of a parameter."""
        return f"{cls.PARAM_PREFIX}_{param_name}"

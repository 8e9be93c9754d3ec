"""What the operator of a RunPod worker chose about its jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dragoman.settings.values import Value


@dataclass(frozen=True, kw_only=True)
class Options:
    """The settings that shape jobs and their answers, under the names that they have in the catalogue."""

    served_models: tuple[str, ...]
    default_batch_size: int
    default_min_batch_size: int
    default_batch_size_growth_factor: float
    batch_max_delay_ms: float
    default_max_tokens: int
    standard_output: str
    raw_openai_output: bool
    allow_openai_format: bool
    request_timeout: float
    reasoning_parser: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> "Options":
        """The options among the resolved settings.

        Args:
            values: the settings that the platform hands down, by name.
        """
        model = values.get("model")
        names = values.get("served_model_name") or ([model] if model else [])
        return cls(
            served_models=tuple(names),
            default_batch_size=values["default_batch_size"],
            default_min_batch_size=values["default_min_batch_size"],
            default_batch_size_growth_factor=values["default_batch_size_growth_factor"],
            batch_max_delay_ms=values["batch_max_delay_ms"],
            default_max_tokens=values["default_max_tokens"],
            standard_output=values["standard_output"],
            raw_openai_output=values["raw_openai_output"],
            allow_openai_format=values["allow_openai_format"],
            request_timeout=values["request_timeout"],
            reasoning_parser=values.get("reasoning_parser"),
        )

    def within(self, job: Mapping[str, Any]) -> "Options":
        """The options for one job, which runs no longer than its ``policy`` allows: ``executionTimeout``, milliseconds.

        The platform stops a job that is late, too; a policy that it would refuse says nothing.
        """
        policy = job.get("policy")
        allowed = policy.get("executionTimeout") if isinstance(policy, Mapping) else None
        if not isinstance(allowed, int | float) or isinstance(allowed, bool) or allowed <= 0:
            return self
        return replace(self, request_timeout=min(self.request_timeout, allowed / 1000))

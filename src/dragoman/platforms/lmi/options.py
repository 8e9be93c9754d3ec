"""What the operator of an LMI container chose about its requests."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from dragoman.serving.entrance.limits import Limits
from dragoman.settings.values import Value


class Era(StrEnum):
    """Whose shapes the answers have."""

    ROLLING = "rolling"
    """Those of `option.rolling_batch=vllm`: greedy unless asked, `log_prob`."""
    ASYNC = "async"
    """Those of LMI's newest handler: sampling as the model says, `logprob`."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The settings that shape requests and their answers, under the names that they have in the catalogue.

    Args:
        model_name: the model's name in paths such as ``/predictions/<name>``.
        model_version: its version there, if it has one.
        model_url: where the model was registered from, as ``/models`` shows it.
        served_model_name: the names by which OpenAI's clients may ask for it; the first stands in answers. A remote
            engine has its own, so there are none.
        lora_modules: the adapters that the engine starts with, each ``{"name", "path"}``.
        max_body_size: bytes of a request's body.
        max_json_depth: how deep objects and lists may be nested.
    """

    model_name: str
    model_version: str | None = None
    model_url: str
    served_model_name: tuple[str, ...] = ()
    rolling_batch: str = "disable"
    output_formatter: str | None = None
    tgi_compat: bool = False
    bedrock_compat: bool = False
    normalize: bool = True
    max_num_seqs: int = 256
    job_queue_size: int = 1000
    predict_timeout: float = 240
    chunked_read_timeout: float = 120
    allow_multi_status: bool = False
    bad_request_http_code: int = 400
    wlm_error_http_code: int = 503
    timeout_http_code: int = 400
    server_error_http_code: int = 500
    enable_lora: bool = False
    max_loras: int = 4
    max_cpu_loras: int | None = None
    lora_modules: tuple[Mapping[str, Value], ...] = ()
    enable_stateful_sessions: bool = True
    sessions_expiration: float = 1200
    max_body_size: int = Limits.max_body_size
    max_json_depth: int = Limits.max_json_depth

    @property
    def limits(self) -> Limits:
        """Within which a body is read."""
        return Limits(max_body_size=self.max_body_size, max_json_depth=self.max_json_depth)

    @property
    def era(self) -> Era:
        """Whose shapes the answers have."""
        return Era.ROLLING if self.rolling_batch == "vllm" else Era.ASYNC

    @classmethod
    def of(cls, settings: Mapping[str, Value]) -> "Options":
        """The options among the settings that the platform hands down, by name; null is the default."""
        given = {field.name: settings.get(field.name) for field in fields(cls)}
        return cls(**{name: _frozen(value) for name, value in given.items() if value is not None})


def _frozen(value: Value) -> Value:
    return tuple(value) if isinstance(value, list) else value

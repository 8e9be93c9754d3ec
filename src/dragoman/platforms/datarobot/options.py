"""What the owner of a custom model chose about its requests."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from dragoman.serving.entrance.limits import Limits
from dragoman.settings.values import Value

DEPLOYED = "datarobot-deployed-llm"


@dataclass(frozen=True, kw_only=True)
class Options:
    """The settings that shape requests and their answers, under the names that they have in the catalogue.

    Args:
        target_name: the name of the target.
        target_type: the type of the target; this environment is for text generation.
        code_dir: where the custom model's own files are.
        url_prefix: what stands before every route, such as ``/deployments/abc``.
        served_model_name: the names by which clients may ask for the model, where the worker gives it some; a server
            that runs elsewhere has its own.
        system_prompt: stands before each row's prompt.
        prompt_column_name: the column of a CSV in which the prompts are.
        max_tokens: the most tokens of a row's answer; as the engine does unless set.
        n: how many answers each row gets.
        temperature: that of rows.
        deployment_config: the file that describes the deployment, which decides the shape of predictions.
        concurrent_rows: how many rows of one request are under way at a time.
        request_timeout: seconds that a request to the engine may take.
        direct_access_timeout: seconds that a request through ``/directAccess`` may take.
        max_body_size: bytes of a request's body.
        max_json_depth: how deep objects and lists may be nested.
    """

    target_name: str
    target_type: str = "textgeneration"
    code_dir: str = "/opt/code"
    url_prefix: str = ""
    served_model_name: tuple[str, ...] = ()
    system_prompt: str | None = None
    prompt_column_name: str = "promptText"
    max_tokens: int | None = None
    n: int | None = None
    temperature: float | None = None
    deployment_config: str | None = None
    concurrent_rows: int = 64
    request_timeout: float = 3600
    direct_access_timeout: float = 3600
    verify_ssl: bool = True
    hook_timeout: float | None = None
    max_body_size: int = Limits.max_body_size
    max_json_depth: int = Limits.max_json_depth

    @property
    def directory(self) -> Path:
        """Where the custom model's own files are."""
        return Path(self.code_dir)

    @property
    def limits(self) -> Limits:
        """Within which a body is read."""
        return Limits(max_body_size=self.max_body_size, max_json_depth=self.max_json_depth)

    @property
    def model(self) -> str | None:
        """The name that stands for those who name none; None where the engine is to be asked without a name."""
        return self.served_model_name[0] if self.served_model_name else None

    @classmethod
    def of(cls, settings: Mapping[str, Value]) -> "Options":
        """The options among the settings that the platform hands down, by name; null is the default."""
        given = {field.name: settings.get(field.name) for field in fields(cls)}
        return cls(**{name: _frozen(value) for name, value in given.items() if value is not None})


def _frozen(value: Value) -> Value:
    return tuple(value) if isinstance(value, list) else value

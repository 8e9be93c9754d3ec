"""The custom models that DRUM and Dragoman are both given."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.drum import CustomModel, engine_config, parameter
from dragoman.models import MINI
from tests.drum import cases
from tests.drum.cases import Case

# Where it runs eager, the worker computes norms in C++, whose results are close to those of vLLM's own and not equal.
NORMS = {"ir_op_priority": {"rms_norm": ["native"], "fused_add_rms_norm": ["native"]}}
ENGINE = engine_config(
    *("--model", str(MINI), "--max-model-len", "512", "--enforce-eager", "--kv-cache-memory-bytes", "256M"),
    *("--override-generation-config", json.dumps({"temperature": 0})),
    *("--kernel-config", json.dumps(NORMS)),
)
METADATA = """\
name: Some model
type: inference
targetType: textgeneration
runtimeParameterDefinitions:
  - fieldName: max_tokens
    type: numeric
    defaultValue: 16
    minValue: 1
"""
DEPLOYMENT = json.dumps({"target": {"name": "resultText", "type": "TextGeneration", "class_mapping": None}})


@dataclass(frozen=True)
class Scenario:
    """A custom model, and what is asked of it.

    Attributes:
        name: what it is for.
        files: those of its folder by name.
        variables: those of its container.
        prefix: what stands before every path.
        loading: what is asked while the engine loads.
        cases: what is asked when it is ready.
    """

    name: str
    files: Mapping[str, str] = field(default_factory=lambda: {"engine_config.json": ENGINE})
    variables: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    loading: Sequence[Case] = ()
    cases: Sequence[Case] = ()

    def custom_model(self, folder: Path) -> CustomModel:
        """The model in that folder, which is filled."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return CustomModel(
            folder, {name: value.replace("{folder}", str(folder)) for name, value in self.variables.items()}
        )


PLAIN = Scenario("plain", loading=cases.LOADING, cases=cases.PLAIN)
CONFIGURED = Scenario(
    "configured",
    files={"engine_config.json": ENGINE, "model-metadata.yaml": METADATA, "deployment.json": DEPLOYMENT},
    variables={
        "URL_PREFIX": "/deployments/d1",
        "DEPLOYMENT_CONFIG": "{folder}/deployment.json",
        **parameter("prompt_column_name", "string", "question"),
        **parameter("system_prompt", "string", "You are a parrot."),
        **parameter("max_tokens", "numeric", 5),
        **parameter("n", "numeric", 2),
        **parameter("temperature", "numeric", 0.001),
        **parameter("served_model_name", "string", "tiny"),
    },
    prefix="/deployments/d1",
    cases=cases.CONFIGURED,
)
SCENARIOS = (PLAIN, CONFIGURED)


@dataclass(frozen=True)
class Mistake:
    """A custom model that cannot be served.

    Attributes:
        scenario: the model.
        drum: DRUM's exit code; none where it never ends and is never healthy.
        dragoman: Dragoman's exit code.
        says: words of Dragoman's that name the mistake.
    """

    scenario: Scenario
    drum: int | None
    dragoman: int
    says: str


def _mistake(
    name: str,
    *,
    files: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    drum: int | None,
    dragoman: int = 2,
    says: str,
) -> Mistake:
    scenario = Scenario(name, {"engine_config.json": ENGINE, **(files or {})}, variables or {})
    return Mistake(scenario, drum, dragoman, says)


MISTAKES = (
    _mistake("no target name", variables={"TARGET_NAME": ""}, drum=3, says="TARGET_NAME"),
    _mistake(
        "a parameter without its type",
        variables={"MLOPS_RUNTIME_PARAM_max_tokens": "256"},
        drum=3,
        says="MLOPS_RUNTIME_PARAM_max_tokens",
    ),
    _mistake(
        "a number that is none",
        variables=parameter("max_tokens", "numeric", "many"),
        drum=3,
        says="MLOPS_RUNTIME_PARAM_max_tokens",
    ),
    _mistake("no values file", variables={"RUNTIME_PARAMS_FILE": "{folder}/values.yaml"}, drum=2, says="values.yaml"),
    _mistake(
        "broken engine_config.json",
        files={"engine_config.json": '{"args": ['},
        drum=None,
        says="engine_config.json",
    ),
    _mistake(
        "two custom.py",
        files={"custom.py": "", "other/custom.py": ""},
        drum=None,
        says="other/custom.py",
    ),
    _mistake(
        "custom.py that cannot be imported",
        files={"custom.py": "import no_such_module\n\n\ndef load_model(code_dir):\n    return True\n"},
        drum=None,
        dragoman=3,
        says="no_such_module",
    ),
    _mistake(
        "load_model that fails",
        files={"custom.py": 'def load_model(code_dir):\n    raise OSError("the share is gone")\n'},
        drum=None,
        dragoman=3,
        says="the share is gone",
    ),
)

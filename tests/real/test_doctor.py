"""What the doctor reads of the installed packages' sources, against the packages themselves."""

import json
import subprocess
import sys
from typing import Any

import pytest

from dragoman.diagnosis.installation import cuda_of_torch
from dragoman.diagnosis.known import Known, is_known, known
from dragoman.diagnosis.variables import look
from tests.diagnosis.subjects import subject

# In a process of its own: it takes long to import.
SCRIPT = """
import json
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
from vllm import envs
from vllm.config.model import iter_architecture_defaults
from vllm.model_executor.models.registry import ModelRegistry
from vllm.transformers_utils.chat_templates import registry
from vllm.transformers_utils.config import _CONFIG_REGISTRY

print("FACTS " + json.dumps({
    "architectures": sorted(ModelRegistry.get_supported_archs()),
    "cuda": torch.version.cuda,
    "model_types": sorted({*_CONFIG_REGISTRY, *CONFIG_MAPPING_NAMES}),
    "suffixes": [suffix for suffix, _ in iter_architecture_defaults()],
    "templates": sorted(registry._MODEL_TYPE_TO_CHAT_TEMPLATE_FALLBACK),
    "variables": sorted(envs.environment_variables),
    "classes": [name for name in dir(transformers) if name.endswith("ForCausalLM")],
}))
"""


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300, check=True)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("FACTS "))
    found: dict[str, Any] = json.loads(line.removeprefix("FACTS "))
    return found


@pytest.fixture(scope="module")
def read() -> Known:
    return known()


def test_architectures(facts: dict[str, Any], read: Known) -> None:
    assert sorted(read.architectures) == facts["architectures"]
    assert read.last
    assert read.plugins
    assert not is_known(list(read.last)[:1], read)


def test_model_types(facts: dict[str, Any], read: Known) -> None:
    assert set(facts["model_types"]) - read.model_types == set()
    assert "no_such_model_type" not in read.model_types


def test_chat_templates(facts: dict[str, Any], read: Known) -> None:
    assert sorted(read.templates) == facts["templates"]


def test_suffixes(facts: dict[str, Any], read: Known) -> None:
    assert sorted(read.suffixes) == sorted(facts["suffixes"])


def test_transformers_classes(facts: dict[str, Any], read: Known) -> None:
    listed = {name for name in facts["classes"] if name in read.classes}
    assert "GPT2LMHeadModel" in read.classes
    assert len(listed) > 0.8 * len(facts["classes"])


def test_variables(facts: dict[str, Any]) -> None:
    assert sorted(look(subject()).known or ()) == facts["variables"]


def test_cuda(facts: dict[str, Any]) -> None:
    assert cuda_of_torch() == facts["cuda"]

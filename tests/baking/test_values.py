from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.baking.manifest import Baked
from dragoman.baking.order import ordered
from dragoman.baking.values import local_values


def baked(name: str) -> Baked:
    return Baked(name, None, "0123", Path("/models") / name, {})


@pytest.mark.parametrize(
    ("variables", "roles", "values"),
    [
        ({}, {}, {"model": "/models/org/m", "tokenizer": "/models/org/m"}),
        ({"TOKENIZER_NAME": "org/t"}, {"tokenizer": "org/t"}, {"tokenizer": "/models/org/t"}),
        ({"MODEL_REVISION": "v1", "QUANTIZATION": "awq"}, {}, {"revision": "v1", "quantization": "awq"}),
        (
            {"LORA_MODULES": "a=org/a"},
            {"adapter a": "org/a"},
            {"lora_modules": [{"name": "a", "path": "/models/org/a"}]},
        ),
        (
            {"SPECULATIVE_CONFIG": '{"method": "eagle", "model": "org/d", "revision": "v1"}'},
            {"draft model": "org/d"},
            {"speculative_config": {"method": "eagle", "model": "/models/org/d"}},
        ),
        (
            {"SPECULATIVE_CONFIG": '{"method": "ngram", "num_speculative_tokens": 2}'},
            {},
            {"speculative_config": {"method": "ngram", "num_speculative_tokens": 2}},
        ),
    ],
)
def test_directories_take_the_place_of_names(
    variables: Mapping[str, str], roles: Mapping[str, str], values: Mapping[str, object]
) -> None:
    order = ordered({"model": "org/m"}, variables)
    local = local_values(order, {"model": baked("org/m"), **{role: baked(name) for role, name in roles.items()}})
    assert {name: local[name] for name in values} == values

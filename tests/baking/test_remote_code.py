import json
from pathlib import Path

import pytest

from dragoman.baking.order import Part
from dragoman.baking.remote_code import code_parts
from dragoman.downloads.repositories import Repository

MODEL = Part("model", Repository("org/m", "v1", Path("/cache"), "hf_secret", "auto"))


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        ({"AutoModel": "org/code--modeling.Model", "AutoConfig": "org/code--configuration.Config"}, ["org/code"]),
        ({"AutoTokenizer": ["org/slow--tokenization.Slow", None]}, ["org/slow"]),
        ({"AutoModel": "modeling.Model"}, []),
        ({"AutoModel": "org/m--modeling.Model"}, []),
        (["org/code--modeling.Model"], ["org/code"]),
        (None, []),
    ],
)
def test_code_in_other_repositories(tmp_path: Path, classes: object, names: list[str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auto_map": classes}))
    assert [part.repository.name for part in code_parts(MODEL, tmp_path)] == names


def test_a_tokenizers_code_counts_too_and_has_no_weights(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": ["o/t--x.T", null]}}')
    assert list(code_parts(MODEL, tmp_path)) == [
        Part("code", Repository("o/t", None, Path("/cache"), "hf_secret", None))
    ]


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_configuration_without_code(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert list(code_parts(MODEL, tmp_path)) == []

from pathlib import Path

import orjson
import pytest

from dragoman.platforms.datarobot.routes.info import capabilities, info
from tests.platforms.datarobot.workers import options

METADATA = """\
name: A model  # of mine
type: inference
targetType: textgeneration
runtimeParameterDefinitions:
  - fieldName: max_tokens
    type: numeric
    defaultValue: 1024
    allowEmpty: true
    description: |-
      two
      lines
"""


def told(directory: Path) -> dict[str, object]:
    content: dict[str, object] = orjson.loads(bytes(info(options(code_dir=str(directory))).body))
    return content


def test_a_model_is_described_as_drum_describes_one_of_another_language(tmp_path: Path) -> None:
    assert told(tmp_path) == {
        "targetType": "textgeneration",
        "codeDir": str(tmp_path),
        "language": "other",
        "drumVersion": "1.18.1",
        "drumServer": "flask",
        "modelMetadata": None,
    }


def test_metadata_are_told_as_text(tmp_path: Path) -> None:
    (tmp_path / "model-metadata.yaml").write_text(METADATA)
    definition = {
        "fieldName": "max_tokens",
        "type": "numeric",
        "defaultValue": "1024",
        "allowEmpty": "true",
        "description": "two\nlines",
    }
    head = {"name": "A model", "type": "inference", "targetType": "textgeneration"}
    assert told(tmp_path)["modelMetadata"] == {**head, "runtimeParameterDefinitions": [definition]}


@pytest.mark.parametrize("content", ["a: [", "\x00"])
def test_metadata_that_cannot_be_read_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "model-metadata.yaml").write_text(content)
    assert told(tmp_path)["modelMetadata"] is None


def test_every_model_reads_csv_and_chats() -> None:
    told = {"supported_payload_formats": {"csv": None}, "supported_methods": {"chat": True}}
    assert orjson.loads(bytes(capabilities().body)) == told

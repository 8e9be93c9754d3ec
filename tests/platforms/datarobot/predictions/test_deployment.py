from pathlib import Path

import pytest

from dragoman.platforms.datarobot.predictions.deployment import target_label


@pytest.mark.parametrize(
    "content",
    ['{"target": {"name": "resultText", "class_mapping": null}}', '{"target": {"name": "resultText"}, "id": 1}'],
)
def test_the_label_is_the_targets_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "deployment.json"
    file.write_text(content)
    assert target_label(str(file)) == "resultText"

from pathlib import Path

import pytest

from tests.platforms.datarobot.resolving import MODEL, on_datarobot, write


@pytest.mark.parametrize(
    "text", ['{"target": {"name": "answer"}}', '{"target": {"name": "answer", "class_mapping": null}, "more": 1}']
)
def test_a_file_with_a_target(tmp_path: Path, text: str) -> None:
    path = str(write(tmp_path, deployment_json=text) / "deployment.json")
    resolution = on_datarobot({**MODEL, "DEPLOYMENT_CONFIG": path})
    assert resolution.value("deployment_config") == path
    assert resolution.errors == resolution.warnings == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "cannot be read: it is not JSON"),
        ("[]", "cannot be read: it is not a JSON object"),
        ("{}", "has no section 'target'"),
        ('{"target": "answer"}', "has no section 'target'"),
        ('{"target": {}}', "has no name in its section 'target'"),
        ('{"target": {"name": 5}}', "has no name in its section 'target'"),
    ],
)
def test_a_file_that_is_of_no_use(tmp_path: Path, text: str, problem: str) -> None:
    path = str(write(tmp_path, deployment_json=text) / "deployment.json")
    (error,) = on_datarobot({**MODEL, "DEPLOYMENT_CONFIG": path}).errors
    assert error.startswith(f"deployment_config {path!r} (variable DEPLOYMENT_CONFIG) {problem}")


def test_a_directory(tmp_path: Path) -> None:
    (error,) = on_datarobot(MODEL, "--deployment-config", str(tmp_path)).errors
    assert error.endswith("cannot be read: it is not a file")

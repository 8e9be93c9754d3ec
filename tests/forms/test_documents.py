from pathlib import Path

from dragoman.forms.documents import contents

ROOT = Path(__file__).parent.parent.parent
GENERATED = (
    *("docs/configuration.md", "docs/cli.md", "worker-config.json", ".runpod/hub.json", ".runpod/tests.json"),
    "model-metadata.yaml",
    *("deploy/datarobot/Dockerfile", "deploy/datarobot/start_server.sh", "deploy/datarobot/env_info.json"),
    "deploy/datarobot/README.md",
)


def test_what_is_committed_is_what_dragoman_forms_writes() -> None:
    stale = [str(path) for path, text in contents(ROOT).items() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_elsewhere_there_is_nothing_to_be_filled_in(tmp_path: Path) -> None:
    assert tuple(contents(tmp_path)) == tuple(tmp_path / path for path in GENERATED)

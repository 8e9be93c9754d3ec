import subprocess
from pathlib import Path

import pytest

from tests.written.readers import typed
from tests.written.sources import SOURCES, Source, text


def command(tmp_path: Path, *arguments: str, **variables: str) -> str:
    return text(Source("plain", arguments, variables, gpus=0).write("cli", tmp_path))


def test_nothing_is_set(tmp_path: Path) -> None:
    assert command(tmp_path) == "dragoman serve\n"


def test_a_flag_is_on_a_line(tmp_path: Path) -> None:
    assert command(tmp_path, "-tp", "2", "org/m", "--no-enable-prefix-caching", MAX_MODEL_LEN="8k") == (
        "dragoman serve org/m \\\n"
        "  --max-model-len 8000 \\\n"
        "  --tensor-parallel-size 2 \\\n"
        "  --no-enable-prefix-caching\n"
    )


@pytest.mark.parametrize("value", ["$HOME `x` \"y\" 'z' \\ !", "a\nb", " x ", "#", "~", "é 🦜", "-x", "*"])
def test_a_shell_hands_on_what_was_meant(value: str, tmp_path: Path) -> None:
    _, arguments = typed(command(tmp_path, "org/m", f"--revision={value}"), HOME="/root")
    expected = [f"--revision={value}"] if value.startswith("-") else ["--revision", value]
    assert arguments == ["serve", "org/m", *expected]


def test_secrets_come_from_the_environment(tmp_path: Path) -> None:
    (file,) = SOURCES["plain with keys"].write("cli", tmp_path).files
    assert typed(file.text, HF_TOKEN="t", DRAGOMAN_API_KEY="k")[0] == {"HF_TOKEN": "t", "DRAGOMAN_API_KEY": "k"}


def test_without_the_secrets_nothing_runs(tmp_path: Path) -> None:
    (file,) = SOURCES["plain with keys"].write("cli", tmp_path).files
    done = subprocess.run(["/bin/sh", "-c", file.text], capture_output=True, text=True, env={"PATH": ""}, check=False)
    assert "HF_TOKEN: export the key of the hub under this name first" in done.stderr


def test_the_page_is_left_out_elsewhere(tmp_path: Path) -> None:
    (warning,) = Source("plain", ("org/m", "--no-ui"), gpus=0).write("runpod", tmp_path).warnings
    assert warning == "ui False (command line) is left out: only a plain server has a page at /"

"""What is said about a configuration that was written."""

from pathlib import Path

from dragoman.models import MINI
from tests.settings.resolutions import COMPILER
from tests.written.sources import SOURCES, Source, text

LOAD_MODEL = "def load_model(code_dir):\n    return code_dir\n"


def test_what_somebody_has_set_is_written_though_it_is_the_default(tmp_path: Path) -> None:
    written = Source("plain", ("org/m", "--seed", "0", "--max-n", "128"), gpus=0).write("cli", tmp_path)
    assert text(written) == "dragoman serve org/m \\\n  --max-n 128 \\\n  --seed 0\n"


def test_what_nobody_has_set_is_not_written(tmp_path: Path) -> None:
    written = Source("plain", ("org/m",), gpus=4).write("cli", tmp_path)
    assert (text(written), written.warnings) == ("dragoman serve org/m\n", ())


def test_what_the_worker_has_measured_is_not_written(tmp_path: Path) -> None:
    written = SOURCES["the bundled model"].write("cli", tmp_path)
    assert (text(written), written.warnings) == ("dragoman serve\n", ())


def test_files_of_this_machine_are_named(tmp_path: Path) -> None:
    template = tmp_path / "template.jinja"
    template.write_text("{{ 1 }}")
    arguments = ("org/m", "--chat-template", str(template), "--root-path", "/tmp")
    (warning,) = Source("plain", arguments, gpus=0).write("cli", tmp_path).warnings
    there = f"what is named here is on this machine: have it at the same place there: chat_template '{template}'"
    assert warning == f"{there} (command line)"


def test_the_bundled_model_is_a_file_elsewhere(tmp_path: Path) -> None:
    written = SOURCES["the bundled model"].write("runpod", tmp_path)
    assert f"MODEL_NAME={MINI}\n" in text(written)
    assert any(f"model '{MINI}'" in warning for warning in written.warnings)


def test_a_login_in_a_value_is_not_written(tmp_path: Path) -> None:
    written = SOURCES["plain with a login"].write("cli", tmp_path)
    assert "--otlp-traces-endpoint 'http://***@host:4317'" in text(written)
    (warning,) = written.warnings
    assert "holds what is secret, and *** is written in its place" in warning


def test_keys_in_a_file_need_no_variable(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("sesame\n")
    file.chmod(0o600)
    written = Source("plain", ("org/m", "--api-key-file", str(file)), gpus=0).write("cli", tmp_path)
    assert text(written) == f"dragoman serve org/m \\\n  --api-key-file {file}\n"


def test_a_model_that_custom_code_brings(tmp_path: Path) -> None:
    source = Source("datarobot", (), {"TARGET_NAME": "resultText"}, {"custom.py": LOAD_MODEL})
    written = source.write("runpod", tmp_path)
    assert any(
        "model_from_hook" in warning and "name the model that it brings" in warning for warning in written.warnings
    )
    assert written.warnings[-1] == (
        "runpod: MODEL_NAME is not set: name a model on the hub or a directory, such as org/name"
    )


def test_a_machine_without_gpus(tmp_path: Path) -> None:
    variables = {**COMPILER, "CUDA_VISIBLE_DEVICES": ""}
    warning = "this machine has no GPU, so what the worker decides for GPUs is not written: add --gpus N"
    assert Source("plain", ("org/m",), variables, gpus=None).write("runpod", tmp_path).warnings == (warning,)
    assert Source("plain", ("org/m",), variables, gpus=None).write("cli", tmp_path).warnings == ()
    assert Source("plain", ("org/m",), variables, gpus=0).write("runpod", tmp_path).warnings == ()


def test_what_runpod_has_found_in_its_cache_has_its_own_name_elsewhere(tmp_path: Path) -> None:
    snapshot = tmp_path / "huggingface-cache/hub/models--org--m/snapshots/1"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "model.safetensors").touch()
    variables = {"MODEL_NAME": "org/m", "BASE_PATH": str(tmp_path)}
    written = Source("runpod", (), variables, gpus=0).write("cli", tmp_path)
    assert text(written).startswith("dragoman serve org/m")


def test_a_port_is_named_though_it_is_the_default(tmp_path: Path) -> None:
    (warning,) = Source("plain", ("org/m", "--port", "8000"), gpus=0).write("runpod", tmp_path).warnings
    assert warning.startswith("port 8000 (command line) is left out")

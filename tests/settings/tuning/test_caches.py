from pathlib import Path

import pytest

from dragoman.platforms import resolve
from dragoman.settings.tuning import caches
from tests.settings.tuning.machines import setting


def test_the_users_cache_directory(tmp_path: Path) -> None:
    found = setting("vllm_cache_root", "org/name", environment={"HOME": str(tmp_path)})
    assert (found.value, found.source) == (
        str(tmp_path / ".cache" / "vllm"),
        "worker default: the user's cache directory",
    )


def test_another_cache_directory(tmp_path: Path) -> None:
    environment = {"HOME": "/nowhere", "XDG_CACHE_HOME": str(tmp_path)}
    assert setting("vllm_cache_root", "org/name", environment=environment).value == str(tmp_path / "vllm")


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    found = setting("vllm_cache_root", "org/name", environment={"HF_HUB_CACHE": "/nowhere"})
    assert found.source == "worker default: ~/.cache/vllm cannot be written"


def test_a_home_that_nobody_may_write_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "is_writable", lambda directory: False)
    found = setting("vllm_cache_root", "org/name", environment={"HOME": "/"})
    assert Path(found.value).name.startswith("vllm-")
    assert found.source == "worker default: /.cache/vllm cannot be written"


def test_vllms_variable_says_where() -> None:
    found = setting("vllm_cache_root", "org/name", environment={"VLLM_CACHE_ROOT": "/kept"})
    assert (found.value, found.source) == ("/kept", "variable VLLM_CACHE_ROOT")


def test_the_compilers_keep_theirs_there_too() -> None:
    told = resolve(["org/name", "--vllm-cache-root", "/kept"], {}).environment
    assert told["VLLM_CACHE_ROOT"] == "/kept"
    assert told["TORCHINDUCTOR_CACHE_DIR"] == "/kept/inductor"
    assert told["TRITON_CACHE_DIR"] == "/kept/triton"


def test_a_compilers_directory_that_a_user_has_chosen_stays() -> None:
    told = resolve(["org/name", "--vllm-cache-root", "/kept"], {"TRITON_CACHE_DIR": "/mine"}).environment
    assert "TRITON_CACHE_DIR" not in told


@pytest.mark.parametrize(("environment", "told"), [({}, "0"), ({caches.HEADERS: "1"}, None)], ids=["default", "chosen"])
def test_no_headers_are_precompiled_for_one_start(environment: dict[str, str], told: str | None) -> None:
    assert resolve(["org/name"], environment).environment.get(caches.HEADERS) == told


def test_the_hubs_cache_is_left_alone() -> None:
    assert "HF_HOME" not in resolve(["org/name"], {}).environment


@pytest.mark.parametrize(
    ("arguments", "gpus", "told"),
    [([], 1, "1"), (["--startup-plan", "false"], 1, "0"), ([], 0, None)],
    ids=["GPU", "not wanted", "CPU"],
)
def test_a_gpus_startup_plan_is_kept(arguments: list[str], gpus: int, told: str | None) -> None:
    resolution = resolve(["org/name", "--gpus", str(gpus), *arguments], {})
    assert resolution.environment.get("VLLM_ENABLE_STARTUP_PLAN") == told


def test_an_engine_elsewhere_has_its_own_caches() -> None:
    assert "VLLM_CACHE_ROOT" not in resolve(["--engine-url", "http://host:8000"], {}).environment


def test_a_directory_to_be_made_is_writable_where_its_parent_is(tmp_path: Path) -> None:
    assert caches.is_writable(tmp_path / "a" / "b")


def test_a_file_is_no_place_for_a_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not caches.is_writable(tmp_path / "file" / "b")

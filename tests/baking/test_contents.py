from pathlib import Path

import pytest

from dragoman.baking.contents import check_contents
from dragoman.downloads.repositories import Repository
from dragoman.errors import EngineStartError


@pytest.mark.parametrize(
    ("names", "load_format"), [(["config.json", "x.safetensors"], "auto"), (["x.pt"], "pt"), (["config.json"], None)]
)
def test_what_can_be_loaded(names: list[str], load_format: str | None) -> None:
    check_contents(Repository("org/m", None, Path(), load_format=load_format), names)


@pytest.mark.parametrize(
    ("names", "load_format", "told"),
    [
        (["config.json"], "auto", "org/m has no weights that vLLM would load with load_format auto; check the name"),
        ([], "auto", "org/m has no file that vLLM would read; check the name"),
        ([], None, "org/m has no file that vLLM would read; check the name"),
    ],
)
def test_what_cannot_be_loaded(names: list[str], load_format: str | None, told: str) -> None:
    with pytest.raises(EngineStartError, match=told):
        check_contents(Repository("org/m", None, Path(), load_format=load_format), names)

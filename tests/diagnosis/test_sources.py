import ast
from pathlib import Path

import pytest

from dragoman.diagnosis import sources

MODULE = """
from collections import OrderedDict
_FIRST = {"A": ("a", "A"), "B": ("b", "B")}
_SECOND: dict[str, str] = {"C": "0.1.0"}
ALL = {**_FIRST, **_SECOND}
LAZY = LazyDict(d="D", **{"e": "E"})
PAIRS = OrderedDict([("f", "F"), ("g", "G")])
SUFFIXES: list[tuple[str, int]] = [("H", 1), ("I", 2)]
cuda: Optional[str] = "13.0"
hip: Optional[str] = None
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text(MODULE)
    return path


@pytest.mark.parametrize(
    ("name", "keys"),
    [("ALL", "ABC"), ("LAZY", "de"), ("PAIRS", "fg"), ("SUFFIXES", "HI"), ("missing", ""), ("cuda", "")],
)
def test_keys(module: Path, name: str, keys: str) -> None:
    assert sources.keys(module, name) == set(keys)


@pytest.mark.parametrize(("name", "value"), [("cuda", "13.0"), ("hip", None), ("missing", None), ("ALL", None)])
def test_constant(module: Path, name: str, value: str | None) -> None:
    assert sources.constant(module, name) == value


def test_texts(module: Path) -> None:
    assert sources.texts(module, "_SECOND") == {"C": "0.1.0"}
    assert sources.texts(module, "missing") == {}


def test_words(module: Path) -> None:
    assert {"F", "G", "0.1.0"} <= sources.words(module)


def test_a_package_is_found_without_importing_it() -> None:
    assert sources.directory("dragoman") == Path(sources.__file__).parent.parent
    assert sources.directory("no_such_package_anywhere") is None


def test_one_file_is_parsed_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "module.py").write_text("a = 'b'")
    parse = ast.parse
    held = []

    def watched(text: bytes) -> ast.Module:
        held.append(sources._PARSING.locked())
        return parse(text)

    monkeypatch.setattr(ast, "parse", watched)
    assert sources.constant(tmp_path / "module.py", "a") == "b"
    assert sources.words(tmp_path / "module.py") == {"b"}
    assert held == [True, True]

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.baking.manifest import NAME, Baked, BakedFile, add, read
from dragoman.downloads.checksums import Checksum, Kind

PLAIN = {
    "name": "org/m",
    "revision": None,
    "commit": "0123",
    "directory": "hub/m",
    "files": {"config.json": {"size": 2, "checksum": "git:0a"}},
}
FILES = {"config.json": BakedFile(2, Checksum(Kind.GIT, "0a")), "a/b.py": BakedFile(3, Checksum(Kind.SHA256, "0b"))}


def baked(name: str, directory: Path) -> Baked:
    return Baked(name, None, "0123", directory, FILES)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    one = baked("org/m", tmp_path / "hub" / "m")
    add(tmp_path, [one])
    assert read(tmp_path) == [one]


def test_a_directory_that_is_moved_takes_its_models_along(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    add(first, [baked("org/m", first / "m")])
    first.rename(second)
    assert read(second) == [baked("org/m", second / "m")]


def test_models_that_were_there_before_stay(tmp_path: Path) -> None:
    add(tmp_path, [baked("org/z", tmp_path / "z"), baked("org/m", tmp_path / "m")])
    add(tmp_path, [baked("org/n", tmp_path / "m")])
    assert [one.name for one in read(tmp_path)] == ["org/n", "org/z"]


def test_without_a_manifest_there_is_nothing(tmp_path: Path) -> None:
    assert read(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "1", "[" * 100_000, '{"models": {}}', '{"models": [1]}', '{"models": [{}]}']
)
def test_what_is_no_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 - json's words, or our own
        read(tmp_path)


def test_plain_data(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(json.dumps({"models": [PLAIN]}))
    assert [one.to_json(tmp_path) for one in read(tmp_path)] == [PLAIN]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"name": 1}, "it is not what bake writes"),
        ({"revision": 1}, "it is not what bake writes"),
        ({"commit": []}, "it is not what bake writes"),
        ({"directory": None}, "it is not what bake writes"),
        ({"directory": "../m"}, "'../m' does not lie in "),
        ({"directory": "/etc"}, "'/etc' does not lie in "),
        ({"directory": "a\0b"}, "does not lie in "),
        ({"directory": "\ud800"}, "surrogates not allowed"),
        ({"files": []}, "it is not what bake writes"),
        ({"files": {"a": 1}}, "it is not what bake writes"),
        ({"files": {"a": {"size": "2", "checksum": "git:0a"}}}, "it is not what bake writes"),
        ({"files": {"a": {"size": True, "checksum": "git:0a"}}}, "it is not what bake writes"),
        ({"files": {"a": {"size": 2, "checksum": None}}}, "it is not what bake writes"),
        ({"files": {"a": {"size": 2, "checksum": "md5:0a"}}}, "'md5' is not a valid Kind"),
        ({"files": {"../../x": {"size": 2, "checksum": "git:0a"}}}, "'../../x' does not lie in "),
    ],
)
def test_a_broken_manifest(tmp_path: Path, broken: Mapping[str, object], told: str) -> None:
    (tmp_path / NAME).write_text(json.dumps({"models": [{**PLAIN, **broken}]}))
    with pytest.raises(ValueError, match=told):
        read(tmp_path)

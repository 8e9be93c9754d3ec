import os
import sys
from pathlib import Path
from types import SimpleNamespace

import javaproperties
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.platforms import catalogue_of
from dragoman.platforms.lmi.configuration.properties import (
    LocalProperties,
    RemoteProperties,
    chosen_model,
    properties,
    reading,
)
from dragoman.platforms.lmi.settings import PLATFORM
from dragoman.settings.assignments import Assignment, Reading
from tests.platforms.lmi.configuration.stores import configured

CATALOGUE = catalogue_of(PLATFORM)


def read(data: bytes) -> list[tuple[str, str, int]]:
    return [(each.key, each.value, each.line) for each in properties(data)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a=1", [("a", "1", 1)]),
        (b"a = 1\nb:2\nc 3\n", [("a", "1", 1), ("b", "2", 2), ("c", "3", 3)]),
        (b"# a=1\n  ! b=2\n\nc=3", [("c", "3", 4)]),
        (b"a=4 # b", [("a", "4 # b", 1)]),
        (b"a=vllm \t\r\nb=2", [("a", "vllm", 1), ("b", "2", 2)]),
        (b"a=1\\\n   2\nb=3", [("a", "12", 1), ("b", "3", 3)]),
        (b"a=1\\\r\n2\rb=3", [("a", "12", 1), ("b", "3", 3)]),
        (b"a\\ b\\=c=d=e", [("a b=c", "d=e", 1)]),
        (rb'a={"b": "c\\d\te"}', [("a", '{"b": "c\\d\te"}', 1)]),
        (rb"a={\"b\"}", [("a", '{"b"}', 1)]),
        (rb"a=\u00e9\uD83D\uDE00", [("a", "\u00e9\U0001f600", 1)]),
        (b"a=\xe9", [("a", "\xe9", 1)]),
        (b"a=1\na=2", [("a", "1", 1), ("a", "2", 2)]),
        (b"a", [("a", "", 1)]),
        (b"", []),
    ],
)
def test_javas_syntax(data: bytes, expected: list[tuple[str, str, int]]) -> None:
    assert read(data) == expected


@given(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]) | st.sampled_from("\\\n\r\t\f=: #!u00e9")))
def test_the_library_reads_the_same(text: str) -> None:
    data = text.encode("iso-8859-1")
    try:
        expected = javaproperties.loads(data)
    except javaproperties.InvalidUEscapeError:
        with pytest.raises(ValueError, match="hexadecimal"):
            read(data)
        return
    assert {key: value for key, value, _ in read(data)} == {k: v.rstrip(" \t\f") for k, v in expected.items()}


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2\\\n  3", ""])), max_size=8))
def test_a_line_is_where_its_property_begins(pairs: list[tuple[str, str]]) -> None:
    data = "".join(f"{key}={value}\n" for key, value in pairs)
    lines = data.splitlines()
    assert all(lines[line - 1].startswith(f"{key}=") for key, _, line in read(data.encode()))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a=1\n# b\nc=\\u12g4", r"\\u12g4 in line 3 is not \\u and four hexadecimal digits"),
        (b"\x89PNG\r\n\x1a\n\x00", "it is not a text file"),
        ("a=1".encode("utf-16"), "it is not a text file"),
    ],
)
def test_what_is_no_file_of_properties(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(data)


def test_options_and_keys_of_the_server() -> None:
    data = b"option.model_id=org/m\noption.entryPoint=x\nminWorkers=1\njob_queue_size=5"
    assert reading(data, "/m/serving.properties", CATALOGUE).assignments == (
        Assignment("model", "org/m", "/m/serving.properties line 1 (option.model_id)"),
        Assignment("entry_point", "x", "/m/serving.properties line 2 (option.entryPoint)"),
        Assignment("min_workers", "1", "/m/serving.properties line 3 (minWorkers)"),
        Assignment("job_queue_size", "5", "/m/serving.properties line 4 (job_queue_size)"),
    )


def test_the_last_line_counts_and_the_others_are_shown() -> None:
    assignments = reading(b"option.dtype=fp16\noption.dtype=fp32", "f", CATALOGUE).assignments
    assert [assignment.raw for assignment in assignments] == ["fp16", "fp32"]


def test_a_last_line_without_a_value_sets_nothing() -> None:
    assert reading(b"option.dtype=fp16\noption.dtype=", "f", CATALOGUE).assignments == ()


@pytest.mark.parametrize(
    ("key", "warning"),
    [
        ("option.foo_bar_baz", "option.foo_bar_baz sets nothing (f line 1)"),
        ("option.dtypes", "option.dtypes sets nothing; did you mean option.dtype? (f line 1)"),
        ("option.max-model-len", "option.max-model-len sets nothing; did you mean option.max_model_len? (f line 1)"),
        ("dtype", "dtype sets nothing; did you mean option.dtype? (f line 1)"),
        ("option.job_queue_size", "option.job_queue_size sets nothing; did you mean job_queue_size? (f line 1)"),
        (r"a\u0000b", "'a\\x00b' sets nothing (f line 1)"),
        ("option.port", "option.port sets nothing (f line 1)"),
        ("option.hf_tokensesame", "option.hf_token… sets nothing (f line 1)"),
        ("OPTION.API_KEYsesame", "OPTION.API_KEY… sets nothing (f line 1)"),
        ("", "'' sets nothing (f line 1)"),
    ],
)
def test_what_sets_nothing(key: str, warning: str) -> None:
    assert reading(f"{key}=1".encode(), "f", CATALOGUE) == Reading(warnings=(warning,))


def test_no_file(tmp_path: Path) -> None:
    assert LocalProperties(tmp_path).read(CATALOGUE, {}) == Reading()


def test_a_file(tmp_path: Path) -> None:
    source = f"{configured(tmp_path, 'option.dtype=fp16')}/serving.properties line 1 (option.dtype)"
    assert LocalProperties(tmp_path).read(CATALOGUE, {}).assignments == (Assignment("dtype", "fp16", source),)


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "serving.properties"
    path.mkdir()
    assert LocalProperties(tmp_path).read(CATALOGUE, {}).errors == (f"{path} cannot be read: it is not a file",)


@pytest.mark.parametrize(
    ("target", "reason"),
    [("nowhere", "No such file or directory"), ("serving.properties", "Too many levels of symbolic links")],
)
def test_a_link_that_leads_nowhere(tmp_path: Path, target: str, reason: str) -> None:
    path = tmp_path / "serving.properties"
    path.symlink_to(target)
    assert LocalProperties(tmp_path).read(CATALOGUE, {}).errors == (f"{path} cannot be read: {reason}",)


def test_a_directory_that_nobody_may_look_into(locked: Path) -> None:
    errors = (f"{locked}/serving.properties cannot be read: Permission denied",)
    assert LocalProperties(locked).read(CATALOGUE, {}).errors == errors


def test_a_byte_order_mark() -> None:
    data = b"\xef\xbb\xbfoption.dtype=fp16"
    assert reading(data, "f", CATALOGUE) == Reading(
        (Assignment("dtype", "fp16", "f line 1 (option.dtype)"),),
        warnings=("f begins with a byte-order mark: save the file without it",),
    )


def test_none_where_it_is_a_choice() -> None:
    (assignment,) = reading(b"option.convert=none\noption.dtype=none", "f", CATALOGUE).assignments
    assert (assignment.name, assignment.raw) == ("convert", "none")


def test_a_pipe_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "serving.properties"
    os.mkfifo(path)
    assert LocalProperties(tmp_path).read(CATALOGUE, {}).errors == (f"{path} cannot be read: it is not a file",)


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    path = configured(tmp_path, "a=1") / "serving.properties"
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert LocalProperties(tmp_path).read(CATALOGUE, {}).errors == (f"{path} cannot be read: Permission denied",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("option.model_id=org/m", "org/m"),
        ("option.model_id=org/m\noption.model_id=", None),
        ("option.dtype=fp16", None),
        ("", None),
        ("option.model_id=\\u1", None),
    ],
)
def test_the_model_that_a_file_names(tmp_path: Path, text: str, expected: str | None) -> None:
    assert chosen_model(configured(tmp_path, text)) == expected


class Bucket:
    """What stands in for S3."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: bytes | Exception | None) -> None:
        self.answer = answer
        module = SimpleNamespace(remote_properties=self.remote_properties)
        monkeypatch.setitem(sys.modules, "dragoman.platforms.lmi.s3", module)

    def remote_properties(self, url: str, environment: dict[str, str]) -> bytes | None:
        assert (url, environment) == ("s3://b/m/", {"AWS_REGION": "r"})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def read(self) -> Reading:
        return RemoteProperties("s3://b/m/", {"AWS_REGION": "r"}).read(CATALOGUE, {})


def test_a_file_on_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "s3://b/m/serving.properties line 1 (option.dtype)"
    expected = Reading((Assignment("dtype", "fp16", source),))
    assert Bucket(monkeypatch, b"option.dtype=fp16").read() == expected


def test_no_file_on_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Bucket(monkeypatch, None).read() == Reading()


def test_a_broken_file_on_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "s3://b/m/serving.properties cannot be read: it is not a text file"
    assert Bucket(monkeypatch, b"\0").read() == Reading(errors=(reason,))


def test_no_access_to_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    warning = "s3://b/m/serving.properties is not read: no credentials"
    assert Bucket(monkeypatch, ValueError("no credentials")).read() == Reading(warnings=(warning,))

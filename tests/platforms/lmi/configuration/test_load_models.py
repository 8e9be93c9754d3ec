import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.platforms.lmi.configuration.load_models import Entry, load_models

M = "/opt/ml/model"


@pytest.mark.parametrize("text", ["", " ", ",", "ALL", "all", " All "])
def test_all_models_of_the_store(text: str) -> None:
    assert load_models(text) is None


@pytest.mark.parametrize("text", ["NONE", "none", " None,"])
def test_no_models(text: str) -> None:
    assert load_models(text) == ()


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("test::Python=/opt/ml/model", Entry(url=M, name="test", engine="Python")),
        ("test=/opt/ml/model", Entry(url=M, name="test")),
        ("[test]=/opt/ml/model", Entry(url=M, name="test")),
        ("[test:1.0]=/opt/ml/model", Entry(url=M, name="test", version="1.0")),
        ("test:=/opt/ml/model", Entry(url=M, name="test")),
        ("test:v2:MPI:*=/opt/ml/model", Entry(url=M, name="test", version="v2", engine="MPI", devices="*")),
        ("[test:::gpu0;gpu1]=/opt/ml/model", Entry(url=M, name="test", devices="gpu0;gpu1")),
        ("test:::0;1=s3://b/m", Entry(url="s3://b/m", name="test", devices="0;1")),
        ("test::::=/opt/ml/model", Entry(url=M, name="test")),
        ("/opt/ml/model", Entry(url=M)),
        ("file:///opt/ml/model/", Entry(url="file:///opt/ml/model/")),
        ("s3://bucket/a=b/c", Entry(url="s3://bucket/a=b/c")),
        ("/models/a=b", Entry(url="/models/a=b")),
        ("http://host/m?a=b", Entry(url="http://host/m?a=b")),
        ("m=http://host/m?a=b", Entry(url="http://host/m?a=b", name="m")),
        ("m=s3://bucket/a=b", Entry(url="s3://bucket/a=b", name="m")),
        ("relative", Entry(url="relative")),
    ],
)
def test_an_entry(text: str, entry: Entry) -> None:
    assert load_models(text) == (entry,)


@pytest.mark.parametrize("between", [",", " ", ", ", ",,", "\n"])
def test_several_entries(between: str) -> None:
    assert load_models(between.join(("a=/a", "/b"))) == (Entry(url="/a", name="a"), Entry(url="/b"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("test::Python=", "'test::Python=' has no URL after =; write name=url, or .name:version:engine:devices.=url"),
        ("=/opt/ml/model", "'=/opt/ml/model' has no name before ="),
        ("::Python=/opt/ml/model", "'::Python=/opt/ml/model' has no name before ="),
        ("[]=/opt/ml/model", "has no name before ="),
        ("org/m=/opt/ml/model", "'org/m=/opt/ml/model' has a / before ="),
        ("a:1:Python:*:more=/m", "has more than name, version, engine and devices before ="),
        ("ALL,/m", "ALL stands alone"),
        ("/m none", "NONE stands alone"),
    ],
)
def test_what_is_none(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        load_models(text)


NAMES = st.text(st.sampled_from("abc-_.09"), min_size=1).filter(lambda name: name[0] != "." and name != "none")
PARTS = st.none() | st.text(st.sampled_from("abc-.*;09"), min_size=1)


@given(NAMES, PARTS, PARTS, PARTS, st.booleans())
def test_what_is_written_is_read(
    name: str, version: str | None, engine: str | None, devices: str | None, brackets: bool
) -> None:
    head = ":".join((name, version or "", engine or "", devices or ""))
    expected = Entry(url=M, name=name, version=version, engine=engine, devices=devices)
    assert load_models(f"[{head}]={M}" if brackets else f"{head}={M}") == (expected,)

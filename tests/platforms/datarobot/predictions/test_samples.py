from collections.abc import Mapping

import pytest
from starlette.requests import Request
from starlette.types import Message

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.predictions.samples import samples
from tests.platforms.datarobot.asking import form

pytestmark = pytest.mark.anyio

MISSING = "Samples should be provided as:   - a csv or mtx under `X` form-data param key.  - binary data"


async def brought(body: bytes, headers: Mapping[str, str]) -> bytes:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return await samples(Request({"type": "http", "method": "POST", "headers": raw}, receive))


async def refusal(body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    with pytest.raises(DrumError) as refused:
        await brought(body, headers)
    return refused.value.status, str(refused.value)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "text/csv"},
        {"content-type": "text/plain"},
        {"content-type": "text/csv; charset=latin-1"},
        {"content-type": "Text/CSV"},
    ],
)
async def test_a_body_is_a_csv(headers: Mapping[str, str]) -> None:
    assert await brought(b"p\nhi", headers) == b"p\nhi"


@pytest.mark.parametrize("filename", ["in.csv", "in", "in.txt", "", "in.MTX"])
async def test_a_form_has_a_file_called_x(filename: str) -> None:
    assert await brought(*form("X", filename, b"p\nhi\r\n")) == b"p\nhi\r\n"


async def test_a_file_may_be_large() -> None:
    content = b"p\n" + b"x" * 3_000_000
    assert await brought(*form("X", "in.csv", content)) == content


async def test_a_file_that_is_empty_has_no_rows() -> None:
    assert await brought(*form("X", "in.csv", b"")) == b""


@pytest.mark.parametrize("kind", ["application/json", "text/mtx", "application/octet-stream", "text/html"])
async def test_other_payloads_are_not_supported(kind: str) -> None:
    status, message = await refusal(b"{}", {"content-type": kind})
    assert status == 422
    assert message.startswith(f"payload format `{kind}` is not supported by predictor/transformer. ")


async def test_a_sparse_matrix_is_not_supported() -> None:
    status, message = await refusal(*form("X", "in.mtx", b"%%MatrixMarket"))
    assert status == 422
    assert message.startswith("payload format `text/mtx` is not supported")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"", {"content-type": "text/csv"}),
        (b"p\nhi", {"content-type": "application/x-www-form-urlencoded"}),
        form("Y", "in.csv", b"p\nhi"),
        form("X", None, b"p\nhi"),
        (b"", {"content-type": "multipart/form-data; boundary=b"}),
    ],
)
async def test_without_samples_there_is_nothing_to_predict(body: bytes, headers: Mapping[str, str]) -> None:
    assert await refusal(body, headers) == (422, MISSING)


FIELD = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
FORM = {"content-type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"p\nhi", {"content-type": "multipart/form-data"}, "Missing boundary in multipart."),
        (b"p\nhi", FORM, "Invalid multipart data."),
        (FIELD * 1001 + b"--b--", FORM, "Too many fields. Maximum number of fields is 1000."),
        (form("X", "in.csv", b"p\nhi")[0][:20], FORM, "It ends before its last boundary."),
    ],
)
async def test_a_broken_form_is_told_why(body: bytes, headers: Mapping[str, str], reason: str) -> None:
    assert await refusal(body, headers) == (422, f"{MISSING} The form cannot be read: {reason}")

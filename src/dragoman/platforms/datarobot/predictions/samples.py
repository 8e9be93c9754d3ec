"""The samples of a structured prediction, as requests bring them: a file called X in a form, or the body itself."""

from http import HTTPStatus
from pathlib import PurePath

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from dragoman.platforms.datarobot.errors import DrumError

FIELD = "X"
FORM = "multipart/form-data"
# Flask takes the body of such a form for itself, and DRUM finds none.
URLENCODED = "application/x-www-form-urlencoded"
MTX = "text/mtx"
CSV = frozenset(("", "text/csv", "text/plain"))
# The blanks are DRUM's.
MISSING = "Samples should be provided as:   - a csv or mtx under `X` form-data param key.  - binary data"
CUT_OFF = "It ends before its last boundary."
UNSUPPORTED = (
    "payload format `{}` is not supported by predictor/transformer. "
    "Make DRUM support the format or implement `read_input_data` hook to read the data. "
)


async def samples(request: Request) -> bytes:
    """The CSV that a request brings.

    Raises:
        DrumError: 422, it brings none, or something else.
        ClientDisconnect: the client has left before the end of it.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind.lower() == FORM:
        return await _uploaded(request)
    body = await request.body()
    if not body or kind.lower() == URLENCODED:
        raise _unprocessable(MISSING)
    if kind.lower() not in CSV:
        raise _unprocessable(UNSUPPORTED.format(kind))
    return body


async def _uploaded(request: Request) -> bytes:
    """The file; what it is, its name tells, and its own content type does not."""
    body = await request.body()
    try:
        async with request.form() as form:
            files = [part for part in form.getlist(FIELD) if isinstance(part, UploadFile)]
            if not files:
                raise _unprocessable(MISSING if _is_whole(body) else _broken(CUT_OFF))
            if PurePath(files[0].filename or "").suffix == ".mtx":
                raise _unprocessable(UNSUPPORTED.format(MTX))
            return await files[0].read()
    except MultiPartException as error:
        raise _unprocessable(_broken(error.message)) from None


def _is_whole(body: bytes) -> bool:
    """Whether a form, which may have nothing in it, comes to its end."""
    return not body or body.rstrip().endswith(b"--")


def _broken(reason: str) -> str:
    return f"{MISSING} The form cannot be read: {reason}"


def _unprocessable(message: str) -> DrumError:
    return DrumError(message, HTTPStatus.UNPROCESSABLE_ENTITY)

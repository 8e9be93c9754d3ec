"""/info/ and /capabilities/: what DRUM says of the model and of itself."""

from starlette.responses import Response

from dragoman.platforms.datarobot.configuration.files import Unreadable
from dragoman.platforms.datarobot.configuration.metadata import read_metadata
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.documents import document
from dragoman.platforms.datarobot.routes.headers import DRUM_VERSION


def info(options: Options) -> Response:
    """The model's target, directory and metadata, and which server this is."""
    return document(
        {
            "targetType": options.target_type,
            "codeDir": options.code_dir,
            # Neither Python nor R: a server of its own generates.
            "language": "other",
            "drumVersion": DRUM_VERSION,
            "drumServer": "flask",
            "modelMetadata": _metadata(options),
        }
    )


def capabilities() -> Response:
    """Which payloads are read and which methods there are, the same for every model."""
    return document({"supported_payload_formats": {"csv": None}, "supported_methods": {"chat": True}})


def _metadata(options: Options) -> object:
    """What DRUM has of the model's metadata; None without the file, or where it was spoilt after the start."""
    try:
        return read_metadata(options.directory)
    except Unreadable:
        return None

"""The fields of forms."""

import math
from urllib.parse import parse_qsl

from python_multipart import create_form_parser
from python_multipart.multipart import Field, File

from dragoman.platforms.lmi.generation.payloads import PayloadError

Fields = list[tuple[str, str]]

MOST_FIELDS = 1000
NO_FORM = "The form cannot be read as multipart/form-data with the boundary of its header."


def urlencoded_fields(text: str) -> Fields:
    """The fields of ``application/x-www-form-urlencoded``, in their order.

    Raises:
        PayloadError: there are too many, or one is not UTF-8.
    """
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise PayloadError("The form cannot be read: it is not valid UTF-8, or has too many fields.") from None


def multipart_fields(body: bytes, content_type: str) -> list[tuple[bytes, bytes]]:
    """The fields and files of ``multipart/form-data``, in their order.

    Raises:
        PayloadError: it is no such form, or has too many fields.
    """
    found: list[tuple[bytes, bytes]] = []

    def add(name: bytes | None, value: bytes | None) -> None:
        if len(found) == MOST_FIELDS:
            raise PayloadError(f"The form has more than {MOST_FIELDS} fields.")
        found.append((name or b"", value or b""))

    def on_field(field: Field) -> None:
        add(field.field_name, field.value)

    def on_file(file: File) -> None:
        file.file_object.seek(0)
        add(file.field_name, file.file_object.read())

    ended: list[bool] = []
    limits = {"MAX_MEMORY_FILE_SIZE": math.inf}
    try:
        parser = create_form_parser({"Content-Type": content_type.encode("latin-1")}, on_field, on_file, limits)
        parser.on_end = lambda: ended.append(True)
        parser.write(body)
    except ValueError:
        raise PayloadError(NO_FORM) from None
    if not ended:
        raise PayloadError(f"{NO_FORM.removesuffix('.')}: it has no end.")
    return found

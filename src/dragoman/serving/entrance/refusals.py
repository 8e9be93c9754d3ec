"""How a request is turned away before the platform's application sees it."""

from collections.abc import Mapping
from typing import Protocol

from starlette.responses import Response
from starlette.types import Scope


class Refuse(Protocol):
    """Makes the error in the words of the platform's dialect; that is ``Dialect.refused`` with its settings."""

    def __call__(self, status: int, message: str, kind: str, headers: Mapping[str, str], scope: Scope) -> Response:
        """The answer."""

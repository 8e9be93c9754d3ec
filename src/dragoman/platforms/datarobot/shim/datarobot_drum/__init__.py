"""What custom.py files import from DRUM, in place of DRUM."""

from .drum.exceptions import CustomHTTPError
from .runtime_parameters import RuntimeParameters

__all__ = ["CustomHTTPError", "RuntimeParameters"]

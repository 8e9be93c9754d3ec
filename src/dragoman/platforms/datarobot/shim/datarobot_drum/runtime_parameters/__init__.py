"""The runtime parameters of a custom model."""

from .runtime_parameters import RuntimeParameters

__all__ = ["RuntimeParameters"]

"""The hooks of custom.py: Python functions of the custom model's owner, written for DRUM."""

from dragoman.platforms.datarobot.hooks.hooks import Hook, Hooks, keep, loaded
from dragoman.platforms.datarobot.hooks.runner import call, items

__all__ = ["Hook", "Hooks", "call", "items", "keep", "loaded"]

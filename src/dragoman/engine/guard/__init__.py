"""Requests that would harm the engine, or have it harm others, are refused in front of it."""

from dragoman.engine.guard.application import guarded

__all__ = ["guarded"]

"""The models that come with Dragoman."""

from pathlib import Path

MINI = Path(__file__).parent / "mini"

"""Holds the package `datarobot_drum` for environments without DRUM: what custom.py files import from it."""

from pathlib import Path

DIRECTORY = Path(__file__).parent

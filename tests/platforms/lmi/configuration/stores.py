"""Model directories in tests."""

from pathlib import Path


def model(directory: Path, properties: str = "") -> Path:
    """Return a new directory that holds a model, and a serving.properties if that has something in it."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text("{}")
    return configured(directory, properties)


def configured(directory: Path, properties: str) -> Path:
    """Return a directory, new or not, with a serving.properties if that has something in it."""
    directory.mkdir(parents=True, exist_ok=True)
    if properties:
        (directory / "serving.properties").write_text(properties, encoding="iso-8859-1")
    return directory

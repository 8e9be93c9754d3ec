"""A model as DJL Serving registers it: its name, its URL, and where it is."""

import os
from dataclasses import dataclass
from pathlib import Path

from dragoman.platforms.lmi.configuration.model_url import name_of, plain, public
from dragoman.settings.models import has_model


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A model as DJL Serving registers it.

    `source` says who named it. `directory` is where its serving.properties is, if that is on this machine, and `remote`
    the s3:// URL under which it is otherwise. `model` is what is served unless an option says otherwise; a model
    `on_hub` is served whatever an option says, and `chooser` says who named it, where `source` did not.
    """

    source: str
    name: str
    url: str
    version: str | None = None
    engine: str | None = None
    devices: str | None = None
    directory: Path | None = None
    remote: str | None = None
    model: str | None = None
    on_hub: bool = False
    chooser: str | None = None

    @property
    def model_source(self) -> str:
        """Who named the model that is served."""
        return self.chooser or self.source


def in_directory(directory: Path, source: str) -> Registration:
    """Return the registration of a directory, which need not exist."""
    place = directory.absolute()
    return Registration(
        source=source,
        name=name_of(str(place)),
        url=f"file://{place}/",
        directory=directory if os.path.isdir(directory) else None,
        model=str(directory) if has_model(directory) else None,
    )


def on_s3(url: str, source: str) -> Registration:
    """Return the registration of what is under an s3:// URL."""
    shown = public(url)
    return Registration(source=source, name=name_of(shown), url=shown, remote=url, model=url)


def on_hub(model: str, source: str) -> Registration:
    """Return the registration of a model on the hub."""
    return Registration(source=source, name=plain(model), url=model, model=model, on_hub=True)

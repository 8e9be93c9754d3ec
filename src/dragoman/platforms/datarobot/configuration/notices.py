"""What a custom model may have in its directory, and nothing comes of here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.platforms.datarobot.configuration.custom_code import files_named
from dragoman.settings.assignments import Reading, Settled
from dragoman.settings.catalogue import Catalogue

FLASK, MODERATION = "custom_flask.py", "moderation_config.yaml"

_INSTEAD = (
    "checks of chats go into a chat hook of custom.py, which gets their headers and may raise CustomHTTPError; routes "
    "of your own need a server of their own in front"
)


@dataclass(frozen=True, slots=True)
class Notices:
    """The files in a directory that say what the worker does not do."""

    directory: Path

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Look for the files; each is a warning."""
        flask = files_named(FLASK, self.directory)
        guards = [path for path in [self.directory / MODERATION] if os.path.exists(path)]
        return Reading(
            warnings=(
                *(f"{path} is not run, as the worker is no Flask application; {_INSTEAD}" for path in flask),
                *(f"{path} is not read: no guards are applied, as in DRUM's vLLM environment" for path in guards),
            )
        )

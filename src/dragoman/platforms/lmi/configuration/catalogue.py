"""What LMI can be told: its own settings, and those of vLLM's that take other words on it.

`keys` has the names by which files and variables say them.
"""

from dragoman.platforms.lmi.configuration import handler_settings, server_settings, spellings
from dragoman.settings.catalogue import Setting

SETTINGS: tuple[Setting, ...] = (*handler_settings.SETTINGS, *server_settings.SETTINGS, *spellings.SETTINGS)

"""The name under which DRUM, and custom.py files after its example, write to the log."""

LOGGER_NAME_PREFIX = "drum"

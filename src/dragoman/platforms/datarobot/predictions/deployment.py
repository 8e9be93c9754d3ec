"""The file DEPLOYMENT_CONFIG, which describes a deployment of DataRobot's."""

from pathlib import Path

from dragoman.platforms.datarobot.configuration.files import json_object


def target_label(file: str) -> str:
    """The name of the target, by which predictions are labelled; the settings have seen that the file has it."""
    return str(json_object(Path(file))["target"]["name"])

"""The variables of the worker's processes, and with them of custom.py."""

from collections.abc import Mapping
from pathlib import Path

from dragoman.platforms.datarobot.configuration.values_file import SETTING, read_values
from dragoman.settings.assignments import Settled

# It is the worker's own, and vLLM warns about names that begin like its own and that it does not know.
RAW_ARGUMENTS = "VLLM_EXTRA_ARGS"

_TOKEN = "HF_TOKEN"  # noqa: S105 - the name of one


def environ(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Mapping[str, str | None]:
    """Return the variables that the processes shall have: the key of the hub, and the parameters of a values file.

    None stands for one that they shall not have.
    """
    variables = dict[str, str | None]({RAW_ARGUMENTS: None} if RAW_ARGUMENTS in environment else {})
    if token := settled.get("hugging_face_token"):
        variables[_TOKEN] = token.value
    if SETTING in settled and "code_dir" in settled:
        file, directory = settled[SETTING].value, settled["code_dir"].value
        variables.update(read_values(Path(file), Path(directory)).variables())
    return variables

"""The drop-in environment: the folder of which DataRobot builds an image, and what is in it."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from dragoman import __version__
from dragoman.forms.image import IMAGE
from dragoman.settings.catalogue import vllm_flags

FOLDER = "deploy/datarobot"
START = "start_server.sh"
# Those of DataRobot's own vLLM environment.
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "CODE_DIR": "/opt/code",
        "ADDRESS": "0.0.0.0:8080",
        "DATAROBOT_VENV_PATH": "/opt/venv",
        "VIRTUAL_ENV": "/opt/venv",
        "HOME": "/opt/.home",
        "DO_NOT_TRACK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "WITH_ERROR_SERVER": "0",
        "PYTHONUNBUFFERED": "1",
    }
)
# For the score hook, which is given a DataFrame.
PANDAS = "pandas>=2.2,<4"

_DOCKERFILE = """\
# Written by `dragoman forms`.
FROM {image}

USER 0

{variables}

# pip installs what custom.py needs into a virtual environment. The worker finds it there, after its own packages, so
# that none of the engine's is replaced.
RUN purelib='import sysconfig; print(sysconfig.get_path("purelib"))' \\
  && python3 -m venv "$VIRTUAL_ENV" \\
  && "$VIRTUAL_ENV/bin/python" -c "$purelib" > "$(python3 -c "$purelib")/datarobot.pth"
ENV PATH=$VIRTUAL_ENV/bin:$PATH
RUN pip install '{pandas}'

WORKDIR $CODE_DIR
COPY {start} ./

# A container runs as any user of group 0, who may do what user 1000 may.
RUN mkdir -p "$HOME" \\
  && chmod a+x {start} \\
  && chown -R 1000:0 "$CODE_DIR" "$HOME" "$VIRTUAL_ENV" \\
  && chmod -R g=u "$CODE_DIR" "$HOME" "$VIRTUAL_ENV"

USER 1000:0
EXPOSE {port}
ENTRYPOINT ["{code_dir}/{start}"]
"""
_START = """\
#!/bin/sh
# Starts the worker; arguments are flags of `dragoman serve`. Written by `dragoman forms`.
set -e

# 0 where there is no nvidia-smi.
GPU_COUNT=$(nvidia-smi -L 2>/dev/null | wc -l)
export GPU_COUNT

exec dragoman serve --platform datarobot "$@"
"""
_README = """\
# The drop-in environment for DataRobot

Dragoman {version} with vLLM {vllm}, in the place of DataRobot's vLLM environment. `dragoman forms` writes this folder.

1. Have `{image}` where DataRobot can pull it. From another registry, change the first line of the Dockerfile.
2. `tar -czvf dragoman_dropin.tar.gz -C {folder} .`
3. Make a custom environment of the archive, in the UI or through the API.

Custom models made for the vLLM environment run in it as they are: target type text generation, runtime parameters,
engine_config.json, custom.py. Containers may run as any user of group 0.

Further packages for custom.py: add them to the line of the Dockerfile that installs pandas, which is there for the
score hook.
"""


def files() -> dict[str, str]:
    """Return the texts of the folder's files, by their names."""
    return {
        "Dockerfile": dockerfile(),
        START: _START,
        "env_info.json": json.dumps(env_info(), indent=2) + "\n",
        "README.md": _README.format(version=__version__, vllm=vllm_flags()["vllm"], image=IMAGE, folder=FOLDER),
    }


def dockerfile() -> str:
    """Return the Dockerfile: the worker's image, set up as a custom model's container expects it."""
    variables = "ENV " + " \\\n    ".join(f"{name}={value}" for name, value in VARIABLES.items())
    port = VARIABLES["ADDRESS"].rpartition(":")[2]
    return _DOCKERFILE.format(
        image=IMAGE, variables=variables, pandas=PANDAS, start=START, port=port, code_dir=VARIABLES["CODE_DIR"]
    )


def env_info() -> dict[str, object]:
    """Return what DataRobot shows of the environment; the ids that its own environments have, it gives by itself."""
    vllm = vllm_flags()["vllm"]
    return {
        "name": "[GenAI] vLLM Inference Server (Dragoman)",
        "description": "Serves large language models with vLLM; understands all that the vLLM environment does.",
        "programmingLanguage": "python",
        "label": f"v{__version__}",
        "environmentVersionDescription": f"Dragoman {__version__} with vLLM {vllm}\nFROM {IMAGE}",
        "useCases": ["customModel"],
    }

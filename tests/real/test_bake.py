"""A baked model on every platform, without a hub."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import openai
import pytest

from dragoman.models import MINI
from dragoman.models.adapter import write
from tests.hub import NAME, Hub, serving
from tests.real.worker import Worker, clean_environment, eventually

SMALL = ("--enforce-eager", "--kv-cache-memory-bytes", "512M", "--max-model-len", "512")
ADAPTER = "org/french"
# The file that an image has for its worker is elsewhere.
PROGRAM = """
import sys
from pathlib import Path
from dragoman.cli import main
from dragoman.platforms.runpod.configuration import baked

baked.ARGUMENTS = Path(sys.argv.pop(1))
main()
"""


class Image:
    """What a build leaves behind: a directory with a model and an adapter, and the file for RunPod's worker."""

    def __init__(self, directory: Path) -> None:
        self.arguments = directory / "local_model_args.json"
        self.models = directory / "models"

    def build(self, hub: str) -> None:
        """Bakes, as a Dockerfile of RunPod's worker does."""
        variables = {"MODEL_NAME": NAME, "BASE_PATH": str(self.models), "LORA_MODULES": f"french={ADAPTER}"}
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(self.arguments), "bake"],
            env={**clean_environment(), **variables, "HF_ENDPOINT": hub},
            check=True,
        )

    @property
    def offline(self) -> Mapping[str, str]:
        """The variables by which a worker finds the model's name here, and nowhere else."""
        cache = str(self.models / "huggingface-cache" / "hub")
        return {"HF_HUB_CACHE": cache, "HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}


class RunPodWorker(Worker):
    """A worker in an image, on a load-balancing endpoint."""

    def __init__(self, image: Image) -> None:
        variables = {"RUNPOD_ENDPOINT_ID": "e", "MODEL_NAME": NAME, "BASE_PATH": str(image.models)}
        super().__init__(*SMALL, variables={**variables, "HF_ENDPOINT": "http://127.0.0.1:9", "OMP_NUM_THREADS": "1"})
        self._image = image

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile("w+")
        command = [sys.executable, "-c", PROGRAM, str(self._image.arguments), "serve", *self._arguments]
        self.process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(self.port)],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**clean_environment(), **self._variables},
        )
        eventually(self._listens, "the worker listens")
        return self


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    directory = tmp_path_factory.mktemp("image")
    hub = Hub(MINI)
    adapter = write(directory / "french")
    hub.others = {ADAPTER: {path.name: path.read_bytes() for path in adapter.iterdir()}}
    image = Image(directory)
    with serving(hub) as url:
        image.build(url)
    return image


def said(worker: Worker, model: str) -> str | None:
    """What a model says to a greeting."""
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0) as client:
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Hello"}], temperature=0, max_tokens=30
        )
    return answer.choices[0].message.content


def test_on_runpod_with_an_adapter(image: Image) -> None:
    with RunPodWorker(image) as worker:
        worker.wait_ready()
        assert said(worker, NAME) == "Hello! How can I help you?"
        assert said(worker, "french") != said(worker, NAME)
        assert worker.terminate() == 0


@pytest.mark.parametrize(
    ("platform", "model", "variables"),
    [("plain", NAME, {}), ("lmi", "lmi", {}), ("datarobot", "datarobot-deployed-llm", {"TARGET_NAME": "resultText"})],
)
def test_by_its_name(image: Image, platform: str, model: str, variables: Mapping[str, str]) -> None:
    kept = {**image.offline, **variables, "OMP_NUM_THREADS": "1"}
    with Worker("--platform", platform, NAME, *SMALL, variables=kept) as worker:
        worker.wait_ready()
        assert said(worker, model) == "Hello! How can I help you?"
        assert worker.terminate() == 0

"""A key of vLLM's, which nobody has who calls a custom model."""

from collections.abc import Iterator

from dragoman.platforms.datarobot.configuration.engine_config import EngineConfig
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View

NAME = "api_key"
OF_VLLM = "variable VLLM_API_KEY"


def api_key(view: View) -> Iterator[Outcome]:
    """Refuse a key that was meant for vLLM: DRUM's requests to vLLM bring none, and DataRobot checks its own keys."""
    settled = view.settled(NAME)
    if settled and (settled.source == OF_VLLM or isinstance(view.source(settled), EngineConfig)):
        yield Remark(
            f"{view.cite(NAME)}: calls come from DataRobot, which checks its own keys; remove it, or set "
            "DRAGOMAN_API_KEY where clients call the worker themselves",
            fatal=True,
        )

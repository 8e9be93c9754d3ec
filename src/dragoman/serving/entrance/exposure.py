"""Which of the engine's routes may be reached, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

UPDATING = "VLLM_ALLOW_RUNTIME_LORA_UPDATING"
# vLLM's words for yes.
YES = frozenset(("1", "true"))


@dataclass(frozen=True)
class Exposure:
    """What is reachable of the engine.

    Args:
        root_path: what may stand before every path; vLLM's own option.
        adapters: whether adapters may come and go through vLLM's routes for that.
    """

    root_path: str = ""
    adapters: bool = False

    @classmethod
    def of(cls, root_path: str | None, environment: Mapping[str, str | None]) -> Self:
        """What the operator exposes.

        Args:
            root_path: the setting.
            environment: the variables of the engine.
        """
        return cls((root_path or "").rstrip("/"), (environment.get(UPDATING) or "0").strip().lower() in YES)

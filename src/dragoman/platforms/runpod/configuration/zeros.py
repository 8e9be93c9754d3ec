"""Variables in which 0 has always meant that nothing is set, because consoles send it for an empty field."""

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.settings.assignments import Reading, Settled
from dragoman.settings.catalogue import Catalogue

ZEROS = frozenset(
    {
        "MAX_MODEL_LEN",
        "MAX_MODEL_LENGTH",
        "MAX_PARALLEL_LOADING_WORKERS",
        "MAX_NUM_BATCHED_TOKENS",
        "ROPE_THETA",
        "MAX_CPU_LORAS",
        "NUM_GPU_BLOCKS_OVERRIDE",
        "SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE",
        "NUM_SPECULATIVE_TOKENS",
        "SPECULATIVE_MAX_MODEL_LEN",
        "SPECULATIVE_DISABLE_BY_BATCH_SIZE",
        "NGRAM_PROMPT_LOOKUP_MAX",
        "NGRAM_PROMPT_LOOKUP_MIN",
        "TYPICAL_ACCEPTANCE_SAMPLER_POSTERIOR_THRESHOLD",
        "TYPICAL_ACCEPTANCE_SAMPLER_POSTERIOR_ALPHA",
    }
)


def without_zeros(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the variables whose 0 means that nothing is set."""
    zeros = set(_zeros(environment))
    return {name: value for name, value in environment.items() if name not in zeros}


def _zeros(environment: Mapping[str, str]) -> list[str]:
    return [name for name in sorted(ZEROS & environment.keys()) if _is_zero(environment[name])]


def _is_zero(text: str) -> bool:
    try:
        return float(text) == 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Zeros:
    """Says which variables set nothing because they are 0."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read nothing but the warnings."""
        return Reading(
            warnings=tuple(f"variable {name}: 0 means that it is not set" for name in _zeros(self.environment))
        )

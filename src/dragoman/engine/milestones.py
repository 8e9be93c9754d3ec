"""How far EngineCore is in its start, as the lines of vLLM's log tell.

Lines, not hooks: they come the same from EngineCore and from its workers, forked or spawned. Where vLLM's log is
turned down there are none, and all of it is one phase.
"""

STARTING = "starting EngineCore"
LOADING = "loading the weights"
SIZING = "sizing the KV cache"
WARMING = "warming up EngineCore"
PHASES = (STARTING, LOADING, SIZING, WARMING)

_BEGINNINGS = {
    "Starting to load model": LOADING,
    "Loading weights took": SIZING,
    "Model loading took": SIZING,
    "KV cache size:": WARMING,
}


def milestone(line: str) -> str | None:
    """Return the phase of EngineCore's start that begins with a line of its log; None for other lines."""
    return next((phase for text, phase in _BEGINNINGS.items() if text in line), None)

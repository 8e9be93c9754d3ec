"""What vLLM has dropped, and what becomes of it: one table of settings, and the rules that translate them."""

from dragoman.settings.retired import adapters, folded, ignored, reasoning, renamed, rope, speculation

__all__ = ["RULES", "SETTINGS"]

_TOPICS = (renamed, folded, rope, speculation, adapters, reasoning)

SETTINGS = (*ignored.SETTINGS, *(setting for topic in _TOPICS for setting in topic.SETTINGS))
RULES = tuple(rule for topic in _TOPICS for rule in topic.RULES)

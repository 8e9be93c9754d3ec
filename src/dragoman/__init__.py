"""One vLLM worker that speaks every serving platform's language."""

__version__ = "0.1.0"

"""The engine's routes that ``/directAccess`` reaches: those that answer for the model, and none that changes it."""

import re

_MODEL = ("/v1/models", "/version", "/health", "/ping", "/load", "/metrics", "/openapi.json", "/docs")
_CHATS = tuple(f"/v1/chat/completions{part}" for part in ("", "/batch", "/render", "/derender"))
_COMPLETIONS = tuple(f"/v1/completions{part}" for part in ("", "/render", "/derender"))
_RESPONSES = ("/v1/responses", "/v1/responses/render")
_MESSAGES = tuple(f"/v1/messages{part}" for part in ("", "/count_tokens", "/render"))
_VECTORS = ("/v1/embeddings", "/v2/embed", "/pooling", "/classify")
_SCORES = ("/score", "/v1/score", "/rerank", "/v1/rerank", "/v2/rerank", "/generative_scoring", "/v1/systemone")
_TOKENS = ("/tokenize", "/detokenize", "/tokenizer_info", "/inference/v1/generate")
_AUDIO = ("/v1/audio/transcriptions", "/v1/audio/translations")
_OTHERS = ("/invocations", "/cohere/v2/chat")
_OPEN = frozenset(
    (*_MODEL, *_CHATS, *_COMPLETIONS, *_RESPONSES, *_MESSAGES, *_VECTORS, *_SCORES, *_TOKENS, *_AUDIO, *_OTHERS)
)
# One response has a name of its own.
_RESPONSE = re.compile(r"/v1/responses/[A-Za-z0-9_-]+(/cancel)?")


def is_open(path: str) -> bool:
    """Whether a path of the engine's may be reached."""
    return path in _OPEN or _RESPONSE.fullmatch(path) is not None

"""Embeddings in LMI's schema."""

from typing import Any

import orjson

Json = dict[str, Any]


class Vectors:
    """A list of vectors, one for each input; there are no streams of them."""

    def whole(self, answer: Json) -> bytes:
        """The vectors in the order of the inputs."""
        inputs = sorted(answer["data"], key=lambda each: each["index"])
        return orjson.dumps([each["embedding"] for each in inputs]) + b"\n"

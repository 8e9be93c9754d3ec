"""The OpenAI form that the first worker-vllm answered in: `use_openai_format`."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.tokens import text_of
from dragoman.serving import events
from dragoman.serving.events import DONE

Json = dict[str, Any]


class Chunks:
    """The first worker-vllm's OpenAI form: chunks as objects, each with the texts of a batch in lists."""

    def parts(self, event: bytes) -> Iterable[tuple[Json, int]]:
        """The chunk, which counts where it has text; an error is no chunk."""
        said = events.data(event)
        if not said or said == DONE:
            return
        chunk = orjson.loads(said)
        if "choices" in chunk:
            yield chunk, int(any(map(text_of, chunk["choices"])))

    def item(self, parts: Sequence[Json]) -> Json:
        """The last chunk, with all that the batch adds to each of the choices."""
        choices: dict[int, Json] = {}
        for choice in (choice for part in parts for choice in part["choices"]):
            before = choices.get(choice["index"], {"delta": {}})
            choices[choice["index"]] = before | choice | {"delta": _joined(before["delta"], choice["delta"])}
        return parts[-1] | {"choices": [choices[index] for index in sorted(choices)]}

    def whole(self, answer: object) -> object:
        """The answer as it is."""
        return answer

    def last_words(self, error: JobError) -> None:
        """None: this form has no words for errors."""


def _joined(before: Json, delta: Json) -> Json:
    """Two deltas as one: texts in lists, the role as it is."""
    joined = dict(before)
    for field, value in delta.items():
        if field == "role" or value is None:
            joined[field] = value
        elif isinstance(value, str):
            joined[field] = [*(joined.get(field) or []), *([value] if value else [])]
        else:
            joined[field] = [*(joined.get(field) or []), *value]
    return joined

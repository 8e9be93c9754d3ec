"""Images, audio and videos in a request: where they come from, and what they come as."""

from collections.abc import Iterator

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard import urls
from dragoman.engine.guard.bodies import Json, held
from dragoman.serving.entrance.limits import Limits
from dragoman.settings.values import Value

# The parts of messages that name a place, whatever their type says: vLLM looks for these fields.
LINKS = ("image_url", "audio_url", "video_url")
# Anthropic's name for the same, when its type is this.
SOURCE, BY_URL = "source", "url"
# Of Cohere's requests for vectors.
IMAGES = "images"
TENSORS = ("image_embeds", "audio_embeds", "video_embeds")
PROMPT = "prompt_embeds"


# What says nothing to the model that it would have to look at: names of fields in there mean something else.
ELSEWHERE = frozenset(("tools", "response_format", "structured_outputs", "text", "metadata", "chat_template_kwargs"))


def check(content: Json, limits: Limits) -> None:
    """Looks at all of a request that may be shown to the model.

    Raises:
        BadRequestError: it names a place from which nothing may be fetched, or brings a tensor that may not be.
    """
    for image in _texts(content.get(IMAGES)):
        _check_link(IMAGES, image, limits)
    for part in held({name: value for name, value in content.items() if name not in ELSEWHERE}):
        for name, url in _links(part):
            _check_link(name, url, limits)
        _check_tensors(part, limits)


def _check_link(name: str, url: str, limits: Limits) -> None:
    if problem := urls.problem(url, limits):
        raise BadRequestError(problem, name)


def _check_tensors(part: Json, limits: Limits) -> None:
    if not limits.enable_prompt_embeds and (part.get(PROMPT) is not None or part.get("type") == PROMPT):
        raise BadRequestError("A prompt may not come as a tensor (enable_prompt_embeds).", PROMPT)
    for name in TENSORS:
        if not limits.enable_mm_embeds and (part.get(name) is not None or part.get("type") == name):
            raise BadRequestError("Media may not come as tensors (enable_mm_embeds).", name)


def _links(part: Json) -> Iterator[tuple[str, str]]:
    for name in LINKS:
        value = part.get(name)
        url = value.get("url") if isinstance(value, dict) else value
        if isinstance(url, str) and url:
            yield name, url
    source = part.get(SOURCE)
    if isinstance(source, dict) and source.get("type") == BY_URL and isinstance(source.get("url"), str):
        yield SOURCE, source["url"]


def _texts(value: Value) -> Iterator[str]:
    yield from (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

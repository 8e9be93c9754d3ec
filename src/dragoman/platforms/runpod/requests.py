"""What a job asks for, in any of RunPod's dialects, as a request to the engine."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from dragoman.platforms.runpod.jobs import routes
from dragoman.platforms.runpod.jobs.batches import Sizes
from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.options import Options
from dragoman.platforms.runpod.jobs.sampling import FLAG, INTEGERS, OBJECT, Kind, Sampling, is_number, wrong_type
from dragoman.settings.values import boolean, is_unset

Json = dict[str, Any]
Value = TypeVar("Value")

TEXT = Kind("a string", lambda value: isinstance(value, str))
CONVERSATION = Kind("a list of messages", lambda value: isinstance(value, list))
SIZE = Kind("a number of at least 1", lambda value: is_number(value) and value >= 1)
NUMBER = Kind("a number", is_number)
USAGE_IN_EVERY_CHUNK = {"include_usage": True, "continuous_usage_stats": True}


class Form(Enum):
    """The form of an answer."""

    OPENAI = "the engine's own"
    CHUNKS = "chat.completion objects, whose chunks have lists of texts"
    TOKENS = "choices, tokens, usage"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to the engine, and how its answer is to be given.

    Args:
        streams: whether the job asks for a stream.
        conversation: what is to be made token ids first, which then are the prompt.
        limited: whether `max_tokens` is the worker's choice.
        unknown: sampling parameters that are left out, because nobody knows them.
    """

    path: str
    query: bytes = b""
    method: str = "POST"
    body: Json | None = None
    form: Form = Form.OPENAI
    sizes: Sizes
    streams: bool = False
    conversation: list[Any] | None = None
    limited: bool = False
    unknown: tuple[str, ...] = ()

    @property
    def tokenization(self) -> "Request":
        """The request that makes token ids of the conversation."""
        model = {key: value for key, value in (self.body or {}).items() if key == "model"}
        body = {**model, "messages": self.conversation, "add_generation_prompt": True}
        return Request(path=routes.TOKENIZE, body=body, sizes=self.sizes)

    def with_prompt(self, token_ids: list[int]) -> "Request":
        """The request with those token ids as its prompt, which has its special tokens already."""
        body = {**(self.body or {}), "prompt": token_ids, "add_special_tokens": False}
        return replace(self, conversation=None, body=body)


def read(job: Mapping[str, Any], options: Options) -> Request:
    """Reads a job.

    Args:
        job: as the platform sends it.
        options: what the operator chose.

    Raises:
        JobError: the job cannot be done as it stands.
    """
    given = job.get("input")
    if not isinstance(given, dict):
        raise wrong_type("input", OBJECT, given)
    if given.get("openai_route") or given.get("openai_input"):
        return _openai(given, options)
    if given.get("route"):
        return _routed(given, options)
    if _flag(given, "use_openai_format"):
        return _openai_format(given, options)
    return _standard(given, options)


def _openai(given: Json, options: Options) -> Request:
    """What RunPod's gateway makes of an OpenAI client's request; it leaves the body of a GET out."""
    route = given.get("openai_route") or routes.CHAT
    path, query = routes.split(_typed("openai_route", route, TEXT))
    body = _object(given, "openai_input") if routes.method_of(path) == "POST" else None
    return _passed_on(path, query, body, options)


def _routed(given: Json, options: Options) -> Request:
    """`{route, body, method}`."""
    path, query = routes.split(_typed("route", given["route"], TEXT))
    default = "POST" if given.get("body") else "GET"
    method = _typed("method", given.get("method") or default, TEXT).upper()
    allowed = routes.method_of(path)
    if method != allowed:
        raise JobError(f"{path} is for {allowed} only.", 405)
    return _passed_on(path, query, _object(given, "body") if allowed == "POST" else None, options)


def _passed_on(path: str, query: bytes, body: Json | None, options: Options) -> Request:
    """A request as it is, with a model where it names none."""
    if body is None:
        return Request(method="GET", path=path, query=query, sizes=_default_sizes(options))
    if routes.names_model(path) and body.get("model") in (None, ""):
        body = body | _model(options)
    return Request(path=path, query=query, body=body, sizes=_default_sizes(options), streams=body.get("stream") is True)


def _openai_format(given: Json, options: Options) -> Request:
    """`use_openai_format` of the first worker-vllm: a chat, answered in OpenAI's objects."""
    if not options.allow_openai_format:
        message = "use_openai_format is switched off at this endpoint (ALLOW_OPENAI_FORMAT)."
        raise JobError(message, param="use_openai_format")
    messages = _messages(_text(given))
    sampling = Sampling.of(given.get("sampling_params"), options.default_max_tokens)
    streams = _flag(given, "stream")
    return Request(
        path=routes.CHAT,
        body={**sampling.for_chat(), **_model(options), "messages": messages, "stream": streams},
        form=Form.CHUNKS,
        sizes=_sizes(given, options),
        streams=streams,
        limited=_is_limited(given),
    )


def _standard(given: Json, options: Options) -> Request:
    """`prompt` or `messages`, with `sampling_params`."""
    text = _text(given)
    templated = _is_conversation(text) or _flag(given, "apply_chat_template")
    subject = {"messages": _messages(text)} if templated else {"prompt": text}
    sampling = Sampling.of(given.get("sampling_params"), options.default_max_tokens)
    request = Request(
        path=routes.CHAT if templated else routes.COMPLETIONS,
        body={**_model(options), **subject},
        sizes=_sizes(given, options),
        streams=_flag(given, "stream"),
        limited=_is_limited(given),
    )
    if options.standard_output == "openai":
        return _in_openai_form(request, sampling)
    return _in_tokens_form(request, sampling, options)


def _in_openai_form(request: Request, sampling: Sampling) -> Request:
    fields = sampling.for_chat() if request.path == routes.CHAT else sampling.for_completion()
    return replace(request, body={**fields, **(request.body or {}), "stream": request.streams})


def _in_tokens_form(request: Request, sampling: Sampling, options: Options) -> Request:
    """A chat whose reasoning would be parsed out of the text is made a completion: this form has always had all of it.

    What is generated whole is not asked for as a stream: its tokens could not be told apart by when they came.
    """
    body = sampling.without_logprobs() | (request.body or {})
    if request.streams and not sampling.whole_only:
        body |= {"stream": True, "stream_options": USAGE_IN_EVERY_CHUNK}
    request = replace(request, form=Form.TOKENS, body=body, unknown=tuple(sampling.unknown))
    if options.reasoning_parser and _is_text(messages := body.get("messages")):
        without = {key: value for key, value in body.items() if key != "messages"}
        return replace(request, path=routes.COMPLETIONS, body=without, conversation=messages)
    return request


def _text(given: Json) -> str | list[Any]:
    """The prompt or the conversation: under either name it is what its type says."""
    name = "prompt" if given.get("messages") is None else "messages"
    text = given.get(name)
    if text is None:
        raise JobError("The input has no prompt and no messages (and no openai_input, openai_route or route).")
    if not isinstance(text, str | list):
        raise wrong_type(name, CONVERSATION if name == "messages" else TEXT, text)
    return text


def _is_conversation(text: str | list[Any]) -> bool:
    """Whether it is a list of messages: one of numbers is a prompt of token ids."""
    return isinstance(text, list) and not (text and INTEGERS.fits(text))


def _messages(text: str | list[Any]) -> list[Any]:
    return text if isinstance(text, list) else [{"role": "user", "content": text}]


def _is_text(messages: object) -> bool:
    """Whether there is a conversation, and nothing but text in it."""
    return isinstance(messages, list) and all(isinstance(each, dict) and _has_text(each) for each in messages)


def _has_text(message: Json) -> bool:
    content = message.get("content")
    if isinstance(content, list):
        return all(isinstance(part, dict) and part.get("type") == "text" for part in content)
    return content is None or isinstance(content, str)


def _sizes(given: Json, options: Options) -> Sizes:
    """The sizes that the job asks for; what is 0 or empty is the operator's choice."""
    if constant := _size(given, "batch_size", SIZE):
        return Sizes(constant, constant, 1)
    chosen = _default_sizes(options)
    return Sizes(
        _size(given, "min_batch_size", NUMBER) or chosen.minimum,
        _size(given, "max_batch_size", SIZE) or chosen.maximum,
        _size(given, "batch_size_growth_factor", NUMBER) or chosen.growth,
    )


def _size(given: Json, field: str, kind: Kind) -> float:
    """A number, which may be text as worker-vllm took it; 0 where there is none."""
    value = given.get(field) or 0
    with suppress(ValueError):
        value = float(value) if isinstance(value, str) else value
    return _typed(field, value, kind) if value else 0


def _default_sizes(options: Options) -> Sizes:
    growth = options.default_batch_size_growth_factor
    return Sizes(options.default_min_batch_size, options.default_batch_size, growth)


def _model(options: Options) -> Json:
    return {"model": options.served_models[0]} if options.served_models else {}


def _is_limited(given: Json) -> bool:
    return (given.get("sampling_params") or {}).get("max_tokens") is None


def _object(given: Json, field: str) -> Json:
    value = given.get(field)
    return {} if value is None else _typed(field, value, OBJECT)


def _flag(given: Json, field: str) -> bool:
    """Whether the field says yes; in words too, as worker-vllm took any of them."""
    value = given.get(field)
    if isinstance(value, str):
        with suppress(ValueError):
            value = not is_unset(value) and boolean(value)
    return value is not None and bool(_typed(field, value, FLAG))


def _typed(field: str, value: Value, kind: Kind) -> Value:
    """The value, where it is of that kind.

    Raises:
        JobError: 400, naming the field.
    """
    if not kind.fits(value):
        raise wrong_type(field, kind, value)
    return value

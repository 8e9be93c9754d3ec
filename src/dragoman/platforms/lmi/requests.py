"""What a request asks for, in any of LMI's schemas, as a request to the engine."""

from collections.abc import Mapping
from typing import Any

from dragoman.platforms.lmi.generation import bedrock, formats, kinds
from dragoman.platforms.lmi.generation.parameters import engine_fields, parameters_of
from dragoman.platforms.lmi.generation.payloads import PayloadError, unreadable
from dragoman.platforms.lmi.generation.prompts import Prompt, prompts_of
from dragoman.platforms.lmi.generation.request import Form, Request, Wire
from dragoman.platforms.lmi.generation.sampling import sampling_fields
from dragoman.platforms.lmi.generation.search import Search
from dragoman.platforms.lmi.generation.telling import STREAM_WITH_COUNTS, Telling
from dragoman.platforms.lmi.options import Era, Options

Json = dict[str, Any]

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
EMBEDDINGS = "/v1/embeddings"
CLASSIFY = "/classify"
# The fields that show in which schema a request is; the first counts.
SCHEMAS = ("messages", "prompt", "inputs", "requestType")


def read(content: Json, headers: Mapping[str, str], options: Options, tasks: frozenset[str]) -> Request:
    """Reads a request.

    Args:
        content: what the body holds, whatever its content type was.
        headers: the request's headers, their names in lower case.
        options: what the operator chose.
        tasks: what the model can do, as the engine says.

    Raises:
        HandlerError: the request cannot be done as it stands.
    """
    try:
        return _request(content, headers, options, tasks)
    except PayloadError as error:
        raise unreadable(error, options.era) from None


def _request(content: Json, headers: Mapping[str, str], options: Options, tasks: frozenset[str]) -> Request:
    """The request in the schema that its fields show; a field that is null is none."""
    match next((name for name in SCHEMAS if content.get(name) is not None), None):
        case "messages":
            form = Form.CHAT if options.era is Era.ROLLING else Form.OPENAI
            return _of_openai(CHAT, form, content, headers, options)
        case "prompt" if options.bedrock_compat:
            return _of_bedrock(content, headers, options)
        case "prompt":
            return _of_openai(COMPLETIONS, Form.OPENAI, content, headers, options)
        case "inputs" if "generate" in tasks or not tasks:
            return _of_text(content, headers, options)
        case "inputs":
            return _of_pooling(content, options, tasks)
        case "requestType":
            raise PayloadError("invalid payload. Stateful sessions are not enabled (option.enable_stateful_sessions).")
        case _:
            raise PayloadError("invalid payload. must contain prompt, inputs, or messages")


def _of_openai(path: str, form: Form, content: Json, headers: Mapping[str, str], options: Options) -> Request:
    """A request that the engine understands as it is; it also says what is wrong with it."""
    streams = _streams(content)
    default = Wire.LINES if streams else Wire.JSON
    wire = formats.stream_format(default, formats.preferred_stream(headers))
    body = {**content, **_model(content, options), "stream": streams}
    return Request(path=path, body=body, form=form, wire=wire)


def _of_bedrock(content: Json, headers: Mapping[str, str], options: Options) -> Request:
    """Bedrock's schema: a prompt, and its parameters beside it."""
    prompt: str = kinds.TEXT.of("prompt", content["prompt"])
    parameters = bedrock.parameters_of(content)
    streams = bedrock.streams(headers)
    body = {
        **_model(content, options),
        "prompt": prompt,
        **engine_fields(parameters),
        **sampling_fields(parameters, options.era, several=False),
        **(STREAM_WITH_COUNTS if streams else {}),
    }
    wire = Wire.LINES if streams else Wire.JSON
    return Request(path=COMPLETIONS, body=body, form=Form.BEDROCK, wire=wire, prompts=(prompt,))


def _of_text(content: Json, headers: Mapping[str, str], options: Options) -> Request:
    """LMI's own schema: inputs and parameters."""
    prompts, batched = prompts_of(content["inputs"])
    parameters = parameters_of(content)
    wire = _text_wire(content, parameters, headers, options)
    if batched and wire is not Wire.JSON:
        raise PayloadError("A list of inputs cannot be streamed; send one of them.")
    search = Search.of(parameters)
    telling = Telling.of(parameters, search, wire is not Wire.JSON, options)
    body = {
        **_model(content, options),
        "prompt": list(prompts) if batched else prompts[0],
        **engine_fields(parameters),
        **sampling_fields(parameters, options.era, several=search.samples),
        **search.fields(telling.sequences),
        **telling.fields(),
    }
    return Request(
        path=COMPLETIONS,
        body=body,
        form=Form.GENERATED,
        wire=wire,
        prompts=prompts,
        batched=batched,
        wrapped=options.tgi_compat,
        details=telling.details,
        prefill=telling.prefill,
        top_tokens=telling.top_tokens,
        full_text=_is_full(parameters, prompts),
        sequences=telling.sequences,
        seed=parameters.get("seed"),
    )


def _of_pooling(content: Json, options: Options, tasks: frozenset[str]) -> Request:
    """LMI's schema for models that do not generate: the inputs."""
    prompts, batched = prompts_of(content["inputs"])
    model = _model(content, options)
    if any(task.startswith("embed") for task in tasks):
        body = {**model, "input": list(prompts), "use_activation": options.normalize}
        return Request(path=EMBEDDINGS, body=body, form=Form.VECTORS, prompts=prompts, batched=batched)
    if "classify" in tasks:
        body = {**model, "input": list(prompts)}
        return Request(path=CLASSIFY, body=body, form=Form.OPENAI, prompts=prompts, batched=batched)
    raise PayloadError(f"inputs is for models that generate, embed or classify; this one is for {sorted(tasks)}.")


def _model(content: Json, options: Options) -> Json:
    """The model that is asked for, or the served one: LMI's clients send any name, or none."""
    asked, served = content.get("model"), options.served_model_name
    names = (*served, *(adapter["name"] for adapter in options.lora_modules))
    if asked in names or not served:
        return {} if asked is None else {"model": asked}
    return {"model": served[0]}


def _streams(content: Json) -> bool:
    """Whether a stream is asked for, in words too."""
    stream = content.get("stream")
    return stream is not None and bool(kinds.FLAG.of("stream", stream))


def _text_wire(content: Json, parameters: Json, headers: Mapping[str, str], options: Options) -> Wire:
    formatters = (parameters.get("output_formatter"), options.output_formatter)
    preferred = formats.preferred_stream(headers)
    return formats.text_format(formatters, _streams(content), preferred, options.tgi_compat)


def _is_full(parameters: Json, prompts: tuple[Prompt, ...]) -> bool:
    """Whether the prompt stands before the text."""
    full: bool = parameters.get("return_full_text", False)
    if full and not all(isinstance(prompt, str) for prompt in prompts):
        raise PayloadError("parameters.return_full_text needs inputs that are text, not token ids.")
    return full

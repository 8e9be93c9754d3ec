"""A plan for people: a table, which is readable at a hundred columns and when it is piped."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from textwrap import indent, wrap
from typing import TypeAlias

from rich.console import Console
from rich.text import Text

from dragoman.planning.boot import DOWNLOAD_RATE, LAST, READ_RATE
from dragoman.planning.cells import bytes_of_token
from dragoman.planning.layers import Attention, Latent, Layer
from dragoman.planning.plan import Plan
from dragoman.planning.words import attention, how, kind, number, rate, seconds, size, state_bytes
from dragoman.settings.secrets import mask_inside

Row: TypeAlias = tuple[str, str]

_WIDTH = 100
_LABEL = 26
_VERDICT = "verdict"
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_STYLES = {True: "bold green", False: "bold red", None: "bold yellow"}
_VERDICTS = {True: "fits", False: "does not fit", None: "cannot be told"}


def show(plan: Plan) -> None:
    """Print a plan."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    for line in lines(plan, console.width):
        console.print(line, soft_wrap=True)


def lines(plan: Plan, width: int) -> Iterator[Text]:
    """Yield the lines of the table, each with its style; names of files may be longer than `width`."""
    sections: list[tuple[str, Iterable[Row]]] = [
        ("model", _model(plan)),
        ("weights", _weights(plan)),
        ("cache", _cache(plan)),
        ("device", _device(plan)),
        ("fit", _fit(plan)),
        ("it would fit with", _remedies(plan)),
        ("a start takes", _boot(plan)),
    ]
    for title, rows in sections:
        told = [(_printable(name), _printable(value)) for name, value in rows if value.strip()]
        if told:
            yield Text(title, style="bold")
            yield from _told(told, width, _STYLES[plan.fit.fits])
            yield Text()
    yield from _suggested(plan)
    for note in (*plan.notes, *plan.resolution.warnings):
        yield Text.assemble(("note: ", "yellow"), _printable(note))


def _printable(text: str) -> str:
    """Return text that a model may have written, without what would move a terminal's cursor or change its colours."""
    return "".join(letter if letter.isprintable() else _REPLACED for letter in text)


def _told(rows: Iterable[Row], width: int, verdict: str) -> Iterator[Text]:
    for name, value in rows:
        label = f"  {name}".ljust(_LABEL) + "  "
        room = max(width - len(label), _LABEL)
        first, *others = wrap(value, room, break_long_words=False, break_on_hyphens=False)
        yield Text.assemble(label, (first, verdict if name == _VERDICT else ""))
        yield from (Text(" " * (_LABEL + 2) + other) for other in others)


def _model(plan: Plan) -> Iterator[Row]:
    configuration = plan.configuration
    classes = ", ".join(configuration.architectures) or configuration.model_type
    yield "name", mask_inside(plan.material.name)
    yield "class", classes
    if plan.material.to_download:
        yield "to download", f"{size(plan.material.to_download)} from {plan.material.place}"


def _weights(plan: Plan) -> Iterator[Row]:
    held = plan.weights
    yield "parameters", "not known" if held.parameters is None else number(held.parameters)
    yield "files", size(plan.material.files or None)
    for share in held.shares if len(held.shares) > 1 else ():
        yield f"  {share.dtype or 'unnamed'}", f"{size(share.files)}, {number(share.parameters)} parameters"
    yield "quantized", held.quantization or ""
    stored = f", stored in {held.shares[0].dtype}" if len(held.shares) == 1 else ""
    yield "in memory", f"{size(held.memory)}, running in {plan.engine.terms.dtype}{stored}"


def _cache(plan: Plan) -> Iterator[Row]:
    if plan.geometry is None:
        yield "not known", str(plan.unknown)
        return
    if not plan.geometry.layers:
        yield "none", "it attends to both sides, and keeps nothing of a request"
        return
    terms = replace(plan.engine.terms, degree=plan.fit.degree)
    for layer, count in plan.geometry.counts().items():
        yield f"{count} {'layer' if count == 1 else 'layers'}", _of_layer(plan, layer)
    kept = [bytes_of_token(layer, terms) for layer in plan.geometry.attention if not _is_windowed(layer)]
    windowed = [bytes_of_token(layer, terms) for layer in plan.geometry.attention if _is_windowed(layer)]
    states = [state_bytes(layer, terms) for layer in plan.geometry.states]
    dtype = terms.dtype if terms.cache_dtype == "auto" else terms.cache_dtype
    each = " on each GPU" if terms.degree > 1 else ""
    if kept or windowed:
        beside = f", and {size(sum(windowed))} more while it is in the window" if windowed else ""
        yield "a token takes", f"{size(sum(kept))}{each} in {dtype}{beside}"
    if states:
        yield "a sequence takes", f"{size(sum(states))}{each} for its states"


def _is_windowed(layer: Layer) -> bool:
    return isinstance(layer, Attention) and layer.window is not None


def _of_layer(plan: Plan, layer: Layer) -> str:
    heads = plan.geometry.heads if plan.geometry else 0
    terms = replace(plan.engine.terms, degree=plan.fit.degree)
    name = attention(layer, heads)
    title = f"{kind(layer)} ({name})" if name else kind(layer)
    if isinstance(layer, Attention | Latent):
        return f"{title}: {how(layer, heads, terms)}, {size(bytes_of_token(layer, terms))} a token"
    return f"{title}: {how(layer, heads, terms)}, {size(state_bytes(layer, terms))}"


def _device(plan: Plan) -> Iterator[Row]:
    device, spent = plan.device, plan.fit.budget
    name = device.name if device.count == 1 else f"{device.count} x {device.name}"
    free = "" if device.free == device.memory else f", {size(device.free)} free"
    yield name, f"{size(device.memory)}{' each' if device.count > 1 else ''}{free}"
    if not spent.is_set:
        yield "vLLM takes", f"{size(spent.taken)} (gpu_memory_utilization {plan.engine.utilization:g})"
    yield "weights", size(spent.weights)
    yield "work", f"{size(spent.work)}, an estimate"
    yield "cache", f"{size(plan.fit.cache)}, {'as it is set' if spent.is_set else 'what is left'}"


def _fit(plan: Plan) -> Iterator[Row]:
    fit, held = plan.fit, plan.fit.capacity
    yield _VERDICT, _VERDICTS[fit.fits] + (f": {fit.problem}" if fit.problem else "")
    if plan.device.is_gpu:
        chosen = "" if plan.engine.degree is not None else ", the smallest that fits" if fit.fits else ", as tried"
        yield "tensor parallel", f"{fit.degree}{chosen}"
    if fit.longest is not None:
        yield "context", f"{fit.length:,} tokens (max_model_len); the longest that fits is {fit.longest:,}"
    if held is not None and fit.pool is not None:
        yield "KV cache size", f"{held.tokens:,} tokens, {held.blocks:,} blocks of {fit.pool.block:,} tokens"
        yield "concurrency", f"{held.concurrency:.2f}x for {fit.length:,} tokens per request"
    yield "at a time", f"{plan.engine.sequences:,} requests (max_num_seqs), {plan.engine.batched:,} tokens a step"


def _remedies(plan: Plan) -> Iterator[Row]:
    for remedy in plan.remedies:
        settings = " ".join(f"{name}={value}" for name, value in remedy.settings)
        yield remedy.words, settings or "instead of these"


def _boot(plan: Plan) -> Iterator[Row]:
    made = plan.forecast
    if made.basis == LAST:
        yield "in all", f"{seconds(made.total)}, as the last start of this configuration"
    else:
        yield "in all", f"{seconds(made.total)}; an estimate by docs/performance.md, weights at {rate(READ_RATE)}"
    if made.beside:
        yield "downloading", f"{seconds(made.beside)} at {rate(DOWNLOAD_RATE)}, beside importing"
    for name, lasting in made.phases:
        yield name, seconds(lasting)


def _suggested(plan: Plan) -> Iterator[Text]:
    for suggestion in plan.suggestions:
        for file in suggestion.files:
            yield Text.assemble((f"for {suggestion.target}", "bold"), f", {file.name}")
            yield Text(indent(file.text, "  "))

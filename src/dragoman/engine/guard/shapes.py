"""What an answer must look like: grammars, regular expressions and schemas, which the engine compiles."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from types import MappingProxyType

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard import regexes, schemas
from dragoman.engine.guard.bodies import Json, held
from dragoman.engine.guard.counts import NESTED
from dragoman.serving.entrance.limits import Limits
from dragoman.settings.values import Value

STRUCTURED = "structured_outputs"
OUTLINED = ("json", "regex", "choice", "grammar", "structural_tag")
# The fields that hold nothing else, of OpenAI's, Anthropic's and older vLLM's requests.
WHOLE = ("response_format", "text", "output_format", "output_config")
GUIDED = ("guided_json", "guided_regex", "guided_choice", "guided_grammar")
# What counted repeats may cost altogether: about a second.
MOST_STEPS = 2**20
TOOLS, CHOICE = "tools", "tool_choice"
# Where the schemas are in what holds more than one.
SCHEMAS: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "response_format": (("json_schema", "schema"),),
        "text": (("format", "schema"),),
        "output_format": (("schema",),),
        "output_config": (("format", "schema"),),
        "tools": (("function", "parameters"), ("parameters",), ("input_schema",)),
    }
)
# All that may hold something to compile.
FIELDS = frozenset((STRUCTURED, *WHOLE, *GUIDED, TOOLS, NESTED))
# What may come as JSON in a text.
TEXTS = ("json", "structural_tag")
# With these a model may do as it likes, and nothing is compiled.
FREE = (None, "auto", "none", {"type": "auto"}, {"type": "none"})


def check(content: Json, limits: Limits) -> None:
    """Looks at all that the engine would compile.

    Raises:
        BadRequestError: it is larger than it may be, would take too long, or would never end.
    """
    for param, kind, shape in _shapes(content):
        _check_size(param, shape, limits.max_grammar_size)
        schema = _decoded(shape) if kind.endswith(TEXTS) else shape
        expressions = [*_itself(shape, kind, "regex"), *schemas.patterns(schema)]
        grammars = [*_itself(shape, kind, "grammar"), *schemas.grammars(schema)]
        _check_compiled(param, expressions, grammars, schemas.steps(schema), limits.max_grammar_size)
        if any(schemas.has_loop(root) for root in _roots(kind, schema)):
            raise BadRequestError("A reference in a JSON schema leads to itself.", param)


def _check_size(param: str, shape: Value, most: int) -> None:
    size = len(shape) if isinstance(shape, str) else len(json.dumps(shape))
    if size > most:
        raise BadRequestError(f"What shapes an answer may have at most {most} characters (max_grammar_size).", param)


def _check_compiled(param: str, expressions: Sequence[str], grammars: Sequence[str], steps: int, most: int) -> None:
    if any("\0" in text for text in (*expressions, *grammars)):
        raise BadRequestError("A regular expression or a grammar may not hold a NUL.", param)
    sizes = [*map(regexes.size, expressions), *map(regexes.grammar_size, grammars)]
    if sum(size.weight for size in sizes) > most:
        said = f"Regular expressions may have at most {most} characters with repeats written out (max_grammar_size)."
        raise BadRequestError(said, param)
    if sum(size.steps for size in sizes) + steps > MOST_STEPS:
        raise BadRequestError("What shapes an answer has counted repeats that take too long to compile.", param)


def _shapes(content: Json) -> Iterator[tuple[str, str, Value]]:
    """What is compiled: the parameter that holds it, the name that it has there, and itself."""
    nested = content.get(NESTED)
    for fields in (content, nested if isinstance(nested, dict) else {}):
        if isinstance(outlined := fields.get(STRUCTURED), dict):
            yield from ((STRUCTURED, name, outlined[name]) for name in OUTLINED if outlined.get(name))
    yield from ((name, name, content[name]) for name in (*WHOLE, *GUIDED) if content.get(name))
    if content.get(TOOLS) and (content.get(CHOICE) not in FREE or _is_strict(content[TOOLS])):
        yield TOOLS, TOOLS, content[TOOLS]


def _itself(shape: Value, kind: str, wanted: str) -> Iterator[str]:
    """The shape, where it is itself an expression of the wanted kind."""
    if kind.endswith(wanted) and isinstance(shape, str):
        yield shape


def _roots(kind: str, shape: Value) -> Iterator[Value]:
    """The whole schemas in what is compiled, from which their references start."""
    if kind not in SCHEMAS:
        yield shape
        return
    for each in shape if isinstance(shape, list) else [shape]:
        for path in SCHEMAS[kind]:
            yield reduce(lambda part, name: part.get(name) if isinstance(part, dict) else None, path, each)


def _decoded(schema: Value) -> Value:
    """A schema or a structural tag, which may come as text; the engine says what is wrong with it."""
    try:
        return json.loads(schema) if isinstance(schema, str) else schema
    except (ValueError, RecursionError):
        return None


def _is_strict(tools: Value) -> bool:
    return any(each.get("strict") for each in held(tools))

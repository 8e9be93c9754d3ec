"""Jinja as transformers sets it up for chat templates."""

from typing import NoReturn

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    """The tag `{% generation %}`, with which templates mark what the assistant says."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return what the tag holds."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Unevaluated(CodeGenerator):
    """Leaves constant expressions alone, which Jinja would work out as it compiles: `{{ "a" * 10**12 }}`."""

    def _output_child_to_const(self, *_: object) -> NoReturn:
        raise nodes.Impossible


class ChatTemplates(ImmutableSandboxedEnvironment):
    """An environment in which compiling a template evaluates nothing of it."""

    code_generator_class = Unevaluated


def environment() -> ImmutableSandboxedEnvironment:
    """Return an environment that compiles what transformers' apply_chat_template compiles."""
    return ChatTemplates(trim_blocks=True, lstrip_blocks=True, optimized=False, extensions=[Generation, loopcontrols])

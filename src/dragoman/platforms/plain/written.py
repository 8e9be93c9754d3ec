"""A configuration written as a command line of `dragoman serve`."""

import shlex
from collections.abc import Iterator, Sequence

from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.values import Value
from dragoman.written.spellings import Flag, Spelling, flat, positional, tokens
from dragoman.written.target import KEY, TOKEN, Draft, File, Held, Target, comments, document

COMMAND = ("dragoman", "serve")

_NEXT = " \\\n"


def spellings(setting: Setting, value: Value, catalogue: Catalogue) -> Iterator[Flag]:
    """Yield the flag; the model is the one argument that needs none."""
    said = positional(value) if setting.name == "model" else tokens(setting, value)
    if said and not any("\0" in token for token in said):
        yield Flag(said)


def held(spellings: Sequence[Spelling]) -> Held:
    """Return the command line."""
    return Held(arguments=flat(flags(spellings)))


def flags(spellings: Sequence[Spelling]) -> list[Flag]:
    """Return the flags."""
    return [each for each in spellings if isinstance(each, Flag)]


def files(draft: Draft) -> list[File]:
    """Return the command, for a POSIX shell, which refuses to run it while a secret is not there."""
    secrets = [f'{name}="${{{name}:?{TARGET.secrets[name]}}}"{_NEXT}' for name in draft.secrets]
    said = flags(draft.spellings)
    lines = [shlex.join((*COMMAND, *flat(said[:1]))), *(f"  {shlex.join(each.tokens)}" for each in said[1:])]
    return [File("serve.sh", document([*comments(*draft.notes), "".join(secrets) + _NEXT.join(lines)]))]


TARGET = Target(
    name="cli",
    platform="plain",
    spellings=spellings,
    held=held,
    files=files,
    secrets={
        TOKEN: "export the key of the hub under this name first",
        KEY: "export the keys that clients show under this name first, with commas between them",
    },
    own={"ui": "only a plain server has a page at /"},
)

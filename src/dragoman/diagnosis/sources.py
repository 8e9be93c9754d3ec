"""What installed packages say in their source files, read without importing them: vLLM and torch take seconds."""

import ast
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

# CPython before 3.13 counts the depth of all trees that are being built as one, and fails where threads build two:
# https://github.com/python/cpython/issues/106905
_PARSING = Lock()


def directory(package: str) -> Path | None:
    """Return where a package's files are; None where it is not installed."""
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def assignments(path: Path) -> Mapping[str, ast.expr]:
    """Return the expressions that a module assigns to names at its top, the last one of each name.

    Raises:
        OSError, SyntaxError: the file cannot be read.
    """
    found: dict[str, ast.expr] = {}
    for node in _parsed(path).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                found[target.id] = value
    return found


def constant(path: Path, name: str) -> object:
    """Return the constant that a module assigns to a name; None where it does not.

    Raises:
        OSError, SyntaxError: the file cannot be read.
    """
    value = assignments(path).get(name)
    return value.value if isinstance(value, ast.Constant) else None


def keys(path: Path, name: str) -> frozenset[str]:
    """Return the keys of a mapping that a module assigns to a name, those of mappings that are unpacked in it too.

    Raises:
        OSError, SyntaxError: the file cannot be read.
    """
    found = assignments(path)
    return frozenset(_keys(found.get(name), found))


def texts(path: Path, name: str) -> Mapping[str, str]:
    """Return the entries of a mapping that are texts.

    Raises:
        OSError, SyntaxError: the file cannot be read.
    """
    mapping = assignments(path).get(name)
    if not isinstance(mapping, ast.Dict):
        return {}
    pairs = zip(mapping.keys, mapping.values, strict=True)
    return {name: text for key, value in pairs if key for name in _text(key) for text in _text(value)}


def words(path: Path) -> frozenset[str]:
    """Return every text that a module has in its code.

    Raises:
        OSError, SyntaxError: the file cannot be read.
    """
    return frozenset(text for node in ast.walk(_parsed(path)) for text in _text(node))


def _parsed(path: Path) -> ast.Module:
    text = path.read_bytes()
    with _PARSING:
        return ast.parse(text)


def _keys(node: ast.expr | None, found: Mapping[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Dict(keys=names, values=values):
            for name, value in zip(names, values, strict=True):
                # `**other` has no key.
                yield from _keys(value, found) if name is None else _text(name)
        case ast.Name(id=other):
            yield from _keys(found.get(other), found)
        case ast.Call(args=arguments, keywords=words):
            for word in words:
                yield from _keys(word.value, found) if word.arg is None else (word.arg,)
            for argument in arguments:
                yield from _keys(argument, found)
        case ast.List(elts=pairs) | ast.Tuple(elts=pairs):
            for pair in pairs:
                if isinstance(pair, ast.Tuple) and pair.elts:
                    yield from _text(pair.elts[0])


def _text(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value

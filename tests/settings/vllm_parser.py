"""Reads command lines with vLLM's own parser, in a process of its own because vLLM takes so long to import.

Takes a JSON list of pairs of command lines on stdin. Writes for each pair what differs between the two once they are
parsed: {} if nothing does, or {"refused": message} if vLLM refuses one of them.
"""

import contextlib
import io
import json
import sys

from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser


def main() -> None:
    """Answer the question on stdin."""
    parser = make_arg_parser(FlexibleArgumentParser())
    json.dump([compare(parser, *pair) for pair in json.load(sys.stdin)], sys.stdout)


def compare(parser: FlexibleArgumentParser, theirs: list[str], ours: list[str]) -> dict[str, str]:
    """Return what differs between the two command lines."""
    stderr = io.StringIO()
    try:
        with contextlib.redirect_stderr(stderr):
            left, right = (values(parser, arguments) for arguments in (theirs, ours))
    except SystemExit:
        return {"refused": stderr.getvalue()[-300:]}
    return {name: f"{left[name]!r} != {right[name]!r}" for name in left if left[name] != right[name]}


def values(parser: FlexibleArgumentParser, arguments: list[str]) -> dict[str, object]:
    """Return the parsed values, with the positional model in its place."""
    parsed: dict[str, object] = vars(parser.parse_args(arguments))
    return parsed | {"model": parsed["model_tag"] or parsed["model"], "model_tag": None}


main()

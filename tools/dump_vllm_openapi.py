"""Write hardening/fuzz/schemas/plain.json: what vLLM says that requests to a model that generates are."""

from pathlib import Path
from typing import Any

import orjson
from vllm.entrypoints.launchers.app import build_app
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser

SCHEMA = Path("hardening/fuzz/schemas/plain.json")
# What takes long to draw and says nothing of a request's form.
TOLD = frozenset(("description", "summary", "title", "tags", "operationId", "responses"))


def main() -> None:
    """Write it."""
    SCHEMA.write_bytes(orjson.dumps(schema(), option=orjson.OPT_SORT_KEYS) + b"\n")


def schema() -> dict[str, Any]:
    """Ask the application, without an engine."""
    arguments = make_arg_parser(FlexibleArgumentParser()).parse_args(["--model", "any"])
    told: dict[str, Any] = build_app(arguments, ("generate",), None).openapi()
    paths = {path: shown for path, methods in told["paths"].items() if (shown := posts(methods))}
    return {**told, "paths": paths}


def posts(methods: dict[str, Any]) -> dict[str, Any]:
    """Keep the requests that have a body."""
    return {
        method: {name: value for name, value in operation.items() if name not in TOLD} | {"responses": {}}
        for method, operation in methods.items()
        if "requestBody" in operation
    }


if __name__ == "__main__":
    main()

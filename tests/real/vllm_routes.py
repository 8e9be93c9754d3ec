"""Prints the routes of the installed vLLM with everything switched on, one JSON list a line: path, methods."""

import json
from types import SimpleNamespace

from starlette.routing import Mount, Route, WebSocketRoute

PROFILER = '{"profiler": "torch", "torch_profiler_dir": "/tmp"}'
FLAGS = ["--enable-tokenizer-info-endpoint", "--profiler-config", PROFILER]
GENERATION = ("generate", "transcription", "realtime", "render")
POOLING = ("embed", "classify", "token_embed", "token_classify", "plugin")


def main() -> None:
    """Builds the application for each kind of task."""
    from dragoman.engine.companions import hide_misfits

    hide_misfits()
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    args = make_arg_parser(FlexibleArgumentParser()).parse_args(FLAGS)
    args.enable_fault_tolerance = True
    for tasks in (GENERATION, POOLING):
        for offline in (True, False):
            args.enable_offline_docs = offline
            for path, methods in sorted(routes(args, tasks)):
                print(json.dumps([path, methods]))


def routes(args: object, tasks: tuple[str, ...]) -> set[tuple[str, tuple[str, ...]]]:
    """The routes for these tasks."""
    from vllm.entrypoints.launchers.app import build_app

    model = SimpleNamespace(
        hf_config=SimpleNamespace(num_labels=1), is_multimodal_model=False, get_pooling_task=lambda _: tasks[0]
    )
    found = set()
    for route in build_app(args, tasks, model).routes:
        if isinstance(route, Route):
            found.add((route.path, tuple(sorted((route.methods or set()) - {"HEAD"}))))
        elif isinstance(route, WebSocketRoute):
            found.add((route.path, ("WEBSOCKET",)))
        elif isinstance(route, Mount):
            found.add((route.path, ("GET",)))
    return found


if __name__ == "__main__":
    main()

"""`dragoman gateway`: RunPod's endpoint API on one's own machine."""

import os
import signal
from argparse import SUPPRESS
from collections.abc import Sequence

import typer

from dragoman.cli.parser import Parser

_DESCRIPTION = """\
Run RunPod's Serverless endpoint API on this machine: clients send jobs to it (RunPod's SDK, OpenAI's, curl), and
workers take them from it: Dragoman's, and any other that is built on RunPod's SDK, unchanged."""
_OPTIONS = (
    ("--host", "H", "where to listen; default: 127.0.0.1, this machine only"),
    ("--port", "P", "default: 8080; 0 for any that is free"),
    ("--endpoint-id", "ID", "the endpoint's name, in its URLs: /v2/ID/…; default: local"),
    ("--db", "FILE", "keeps the jobs; default: dragoman/gateway-ID.db among your programs' state"),
    ("--worker", "CMD", "what the gateway starts when there is work; default: nothing, workers come by themselves"),
    ("--min", "N", "how many workers are kept running without work; default: 0"),
    ("--max", "N", "how many there are at most; default: 1"),
    ("--idle-timeout", "S", "seconds without a job after which a worker above --min ends; default: 60"),
    ("--execution-timeout", "S", "seconds that a job may run if its policy does not say; default: 600"),
    ("--lost-after", "S", "seconds of silence after which a worker has lost its jobs; at least 3; default: 30"),
)
_EXPLANATIONS = """\
examples:
  dragoman gateway
      Listen on port 8080. Start workers and clients in shells that have the printed variables.
  dragoman gateway --worker "dragoman serve Qwen/Qwen3-0.6B" --max 2
      Start up to two workers when jobs wait, and end them when they are idle.
  DRAGOMAN_API_KEY=one,two dragoman gateway --host 0.0.0.0
      Serve other machines too, with either key.
  curl localhost:8080/v2/local/runsync -H "Authorization: Bearer ${DRAGOMAN_API_KEY%%,*}" \\
      -H "Content-Type: application/json" -d '{"input": {"prompt": "Hello"}}'

keys:
  DRAGOMAN_API_KEY holds what clients and workers send as `Authorization: Bearer KEY`: one key, or several with commas
  between them. Without it only programs of this machine are served, so --host has to be a loopback address, and no
  other site's web page may use the gateway. No output has a key in it: the printed lines name the variable.

jobs:
  They outlive the gateway: after a crash, start it again with the same --db. Queued jobs are still queued, workers
  may still post what they have run, and a job whose worker does not come back in time is queued once more. When its
  worker is lost a second time, it has failed.

workers of its own:
  CMD is started without a shell, and with the variables that lead to this gateway. One more is started when jobs
  wait, none is coming up, and there is none yet or the oldest job has waited for 4 seconds; jobs with lowPriority
  start none. To end, a worker gets SIGTERM, and SIGKILL 30 seconds later; nothing that it has started stays behind.
  Write `sh -c "… && exec worker"` with the exec, or the signal reaches only the shell. A worker that ends before it
  has asked for a job is tried again after 1, 2, 4 and up to 60 seconds.

the end:
  After SIGTERM or Ctrl-C nothing more is handed out, and the gateway's own workers finish what they run, for 30
  seconds at most. A second signal ends all at once.

exit codes:
  0  ended as asked
  1  ended by a second signal
  2  an option or a variable is wrong, or the address or the file is in use"""


def gateway(context: typer.Context) -> None:
    """Run RunPod's endpoint API on this machine, for real workers and real clients."""
    options = _parse(context.args)
    # Until the server handles it: Ctrl-C ends a program that has not begun without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from dragoman.gateway.settings import read

    settings = read(options, os.environ)
    from dragoman.gateway.server import run

    raise typer.Exit(run(settings))


def _parse(arguments: Sequence[str]) -> dict[str, str]:
    """Return the options that are there, by their names with underscores."""
    parser = Parser(
        prog="dragoman gateway",
        usage="dragoman gateway [OPTIONS]",
        description=_DESCRIPTION,
        epilog=_EXPLANATIONS,
        argument_default=SUPPRESS,
        allow_abbrev=False,
    )
    for flag, value, text in _OPTIONS:
        parser.add_argument(flag, metavar=value, help=text)
    return vars(parser.parse_args(arguments))

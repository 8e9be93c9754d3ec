"""`dragoman bake`: a model that is in the image, or on the volume, before any worker starts."""

import os
from argparse import SUPPRESS
from collections.abc import Sequence
from typing import Any

import typer

from dragoman.cli.parser import Parser

_DESCRIPTION = """\
Download what a worker will load into an image or onto a volume: the model, its tokenizer, adapters and a draft model.
Only the files that vLLM reads come, each is compared with the checksum that the hub has for it, and every user may
read them. What has come when a bake is interrupted is kept: the same command goes on with it."""
_EXPLANATIONS = """\
variables:
  MODEL_NAME, MODEL_REVISION, TOKENIZER_NAME, TOKENIZER_REVISION, QUANTIZATION, LORA_MODULES, SPECULATIVE_CONFIG and
  BASE_PATH say the same as the options, which count more. Without a model nothing is done, and the exit code is 0.
  Where MODEL_NAME names the model, as in a Dockerfile, /local_model_args.json is written: on RunPod it has the worker
  in the same image serve the model. The token for the hub is read from /run/secrets/HF_TOKEN, where BuildKit puts a
  secret, or from HF_TOKEN.

examples:
  dragoman bake Qwen/Qwen3-0.6B --to /models
      Download a model into /models.
  RUN --mount=type=secret,id=HF_TOKEN MODEL_NAME=org/gated BASE_PATH=/models dragoman bake
      Put one into an image, in its Dockerfile, with a token that no layer of the image keeps.
  dragoman bake --check --to /models
      Compare what is there with what was baked, without a network.

exit codes:
  0    baked, checked, or nothing to bake
  1    --check has found something
  2    an option or a variable is wrong, or the directory cannot be written
  3    a model does not come: the hub refuses it or is not there, or there is no room
  130  interrupted"""


def bake(context: typer.Context) -> None:
    """Download a model into an image or onto a volume, for workers that start without a network."""
    options = _parse(context.args)
    check = options.pop("check")
    from dragoman.baking.command import INTERRUPTED, run

    code = run(options, os.environ, check=check)
    if code == INTERRUPTED:
        # A download that waits for the network would keep the program from ending.
        os._exit(code)
    raise typer.Exit(code)


def _parse(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the options that are there, by the names of the settings that they are."""
    parser = Parser(
        prog="dragoman bake",
        usage="dragoman bake [MODEL] [OPTIONS]",
        description=_DESCRIPTION,
        epilog=_EXPLANATIONS,
        argument_default=SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument(
        "positional", nargs="?", metavar="MODEL", help="a name on the hub, an s3:// URL or a directory, which is copied"
    )
    parser.add_argument("--model", metavar="MODEL", help="the same")
    parser.add_argument("--revision", metavar="R", help="a branch, a tag or a commit; default: the main branch")
    parser.add_argument("--tokenizer", metavar="T", help="a tokenizer from elsewhere; default: the model's")
    parser.add_argument("--tokenizer-revision", metavar="R", help="its branch, tag or commit")
    parser.add_argument(
        "-q", "--quantization", metavar="Q", help="how the weights are quantized; handed on to the worker"
    )
    parser.add_argument("--lora-modules", nargs="+", metavar="NAME=ADAPTER", help="adapters, baked too")
    parser.add_argument("-sc", "--speculative-config", metavar="JSON", help="its model is baked too")
    parser.add_argument("--to", dest="base_path", metavar="DIR", help="default: BASE_PATH, or /runpod-volume")
    parser.add_argument("--check", action="store_true", default=False, help="download nothing; look at what is there")
    options = vars(parser.parse_args(arguments))
    if "positional" in options:
        # As for vLLM, the positional model counts.
        options["model"] = options.pop("positional")
    return options

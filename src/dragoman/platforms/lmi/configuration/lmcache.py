"""LMCache: its file, and its connector."""

import importlib.util
import os
from collections.abc import Iterator

from dragoman.platforms.lmi.configuration.directory import in_model_directory
from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.view import View

AUTO = "lmcache_auto_config"
FILE = "lmcache_config_file"
TRANSFER = "kv_transfer_config"
_CONNECTOR = {"kv_connector": "LMCacheConnectorV1", "kv_role": "kv_both"}


def connector(view: View) -> Iterator[Outcome]:
    """Connect LMCache where it is to configure itself; its own defaults say how much memory it takes."""
    auto = view.settled(AUTO)
    if auto and auto.value:
        yield Change(TRANSFER, _CONNECTOR, auto.source, auto.rank, modest=True)
        if view.settled(TRANSFER) is None:
            yield Remark(f"{view.cite(AUTO)}: LMCache has its own defaults; LMCACHE_ variables or {FILE} change them")


def file(view: View) -> Iterator[Outcome]:
    """Look for LMCache's file, in the model directory too."""
    asked = view.settled(FILE)
    if asked is None:
        return
    path = in_model_directory(view, asked.value)
    if not os.path.isfile(path):
        yield Remark(f"{view.cite(FILE)} is not a file: there is no {path}", fatal=True)
    elif not uses_lmcache(view):
        yield Remark(f"{view.cite(FILE)} is ignored: set {TRANSFER} or {AUTO}")
    yield Change(FILE, str(path.absolute()), asked.source, asked.rank)


def installed(view: View) -> Iterator[Outcome]:
    """Say that LMCache is not there; vLLM finds out late."""
    if uses_lmcache(view) and importlib.util.find_spec("lmcache") is None:
        yield Remark(f"{view.cite(TRANSFER)} needs LMCache, which is not installed here: add lmcache to the image")


def uses_lmcache(view: View) -> bool:
    """Return whether vLLM's KV cache is connected to LMCache."""
    return "lmcache" in str(view.get(TRANSFER, {}).get("kv_connector", "")).lower()


RULES = (connector, file, installed)

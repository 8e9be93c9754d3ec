"""Where a model's URL leads, and the name that a model has where nobody gives it one."""

import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from dragoman.settings.values import is_unset, quote

_NOT_A_WORD = re.compile(r"\W", re.ASCII)
_WORKFLOWS = (".json", ".yml", ".yaml")
_PLACES = "name a directory, a prefix such as s3://bucket/prefix, or in HF_MODEL_ID a model on the hub"
_NO_PLACES = {
    "djl": f"is in DJL's own model zoo, which has nothing for vLLM; {_PLACES}",
    **dict.fromkeys(("http", "https"), f"is nowhere that models are fetched from; {_PLACES}"),
}


def is_remote(url: str) -> bool:
    """Return whether a model's URL is one of S3's."""
    return url.lower().startswith("s3://")


def refusal(url: str) -> str | None:
    """Return why a URL leads to no model, in words that follow it; None where it may, and for what is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        return f"is not a URL: {problem}"
    if "://" not in url:
        return None
    if is_remote(url) and not _host(parts):
        return "names no bucket: write s3://bucket/prefix"
    return _NO_PLACES.get(parts.scheme.lower())


def directory_of(url: str) -> Path:
    """Return the directory that a model's URL names, where it is none of S3's.

    Raises ValueError where the worker can do nothing with it.
    """
    if reason := refusal(url):
        raise ValueError(f"{quote(url)} {reason}")
    scheme = urlsplit(url).scheme.lower()
    if scheme not in ("", "file"):
        raise ValueError(f"{quote(url)} {_NO_PLACES.get(scheme, _NO_PLACES['http'])}")
    if url.lower().endswith(_WORKFLOWS):
        raise ValueError(f"{quote(url)} is a workflow, and this worker serves models only; {_PLACES}")
    return Path(unquote(urlsplit(url).path) if scheme else url)


def public(url: str) -> str:
    """Return a URL as anybody may see it: without a login, and without a query, which may be a signature."""
    parts = urlsplit(url)
    return SplitResult(parts.scheme, _host(parts), parts.path, "", "").geturl()


def name_of(place: str) -> str:
    """Return the name that DJL Serving gives a model: the last part of its path or URL, in ASCII words."""
    _, _, path = place.rpartition("://")
    *_, last = filter(None, ("model", *path.split("/")))
    return "model" if is_unset(last) else plain(last)


def plain(name: str) -> str:
    """Return the name with `_` in place of everything that is not an ASCII letter, a digit or `_`."""
    return _NOT_A_WORD.sub("_", name)


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]

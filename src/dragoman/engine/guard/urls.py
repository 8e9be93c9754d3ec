"""URLs of images, audio and videos in a request: those that may be fetched for whoever sends it."""

import re

from dragoman.engine.guard.addresses import is_public_host
from dragoman.serving.entrance.limits import Limits

# Where parsers disagree about what a host is, there is nothing to allow: no login, no backslash, no blank.
WEB = re.compile(r"https?://(\[[0-9a-f:.]+\]|[^\s/?#\\@:\[\]%]+)(:\d{1,5})?([/?#]\S*)?", re.IGNORECASE)
SCHEMES = "A URL of media must begin with https://, http:// or data:."
UNCLEAR = "A URL of media must name a host, and have no login, blanks or backslashes before its path."
PRIVATE = "Media is fetched from public addresses only (allow_private_media)."
ELSEWHERE = "Media is fetched from the hosts in allowed_media_domains only."
NO_FILES = "Media is not read from files (allowed_local_media_path)."


def problem(url: str, limits: Limits) -> str | None:
    """What is wrong with a URL of media; None where it may be fetched.

    A name tells little about its address: what connects has to look at that as well.

    Args:
        url: the URL.
        limits: what the operator allows.
    """
    scheme = url[:8].lower()
    if scheme.startswith("data:"):
        return None
    if scheme.startswith("file:"):
        return None if limits.allowed_local_media_path else NO_FILES
    if not scheme.startswith(("http:", "https:")):
        return SCHEMES
    if (web := WEB.fullmatch(url)) is None:
        return UNCLEAR
    return _problem_with_host(web[1], limits)


def _problem_with_host(host: str, limits: Limits) -> str | None:
    if limits.allowed_media_domains:
        return None if host.strip("[]").lower() in limits.allowed_media_domains else ELSEWHERE
    try:
        return None if limits.allow_private_media or is_public_host(host) else PRIVATE
    except ValueError:
        return UNCLEAR

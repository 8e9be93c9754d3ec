"""What the hub says of a model and of a token's owner, asked once for each and not for long."""

import email.utils
import time
from dataclasses import dataclass
from threading import Thread
from typing import Literal, TypeAlias
from urllib.parse import quote

import requests
from urllib3.exceptions import HTTPError

from dragoman.diagnosis.model import directory_of
from dragoman.diagnosis.storage import free_at
from dragoman.diagnosis.tokens import Token
from dragoman.downloads.repositories import Repository
from dragoman.settings.secrets import redact
from dragoman.settings.values import Value

HUB = "https://huggingface.co"
# For each of the two questions that are asked, and for both.
SECONDS, PATIENCE = 2.0, 4.0
OK, UNAUTHORIZED = 200, 401
NO_ADDRESS = "it is no address"

State: TypeAlias = Literal["unneeded", "offline", "asked"]


@dataclass(frozen=True, slots=True)
class Hub:
    """What the hub said.

    Args:
        state: whether it was asked.
        address: the hub's, without a login.
        name: the model that it was asked for.
        token: the token that was shown; None for none.
        failure: why it did not answer; None where it did.
        model: the status for the model; None where it did not answer.
        code: the hub's own word for what is wrong.
        whoami: the status for the token; None where it was not asked.
        skew: seconds by which this machine's clock is ahead of the hub's; None where it did not say.
        size: bytes that are to be downloaded; None where the hub did not say.
        free: bytes that are left where they go.
        cache: where they go.
    """

    state: State
    address: str = HUB
    name: str = ""
    token: Token | None = None
    failure: str | None = None
    model: int | None = None
    code: str | None = None
    whoami: int | None = None
    skew: float | None = None
    size: int | None = None
    free: int = 0
    cache: str = ""


def asked(address: str, repository: Repository, token: Token | None) -> Hub:
    """Ask the hub at an address for a model, and for the owner of the token where there is one."""
    answers: list[Hub] = []
    asking = Thread(target=lambda: answers.append(_answered(address, repository, token)), daemon=True)
    asking.start()
    # Names are looked up without a timeout of their own.
    asking.join(PATIENCE)
    failure = f"nothing came within {PATIENCE:g} seconds"
    return answers[0] if answers else Hub("asked", redact(address, ()), repository.name, token, failure)


def _answered(address: str, repository: Repository, token: Token | None) -> Hub:
    path = f"/api/models/{quote(repository.name)}"
    path += f"/revision/{quote(repository.revision, safe='')}" if repository.revision else ""
    try:
        told = _get(f"{address}{path}?blobs=true", token)
        who = _get(f"{address}/api/whoami-v2", token).status_code if token else None
        content = told.json() if told.status_code == OK else None
    except (requests.RequestException, HTTPError, ValueError) as error:
        return Hub("asked", redact(address, ()), repository.name, token, failure=_reason(error))
    return Hub(
        "asked",
        redact(address, ()),
        repository.name,
        token,
        model=told.status_code,
        code=told.headers.get("x-error-code"),
        whoami=who,
        skew=_skew(told.headers.get("date")),
        size=_size(repository, content),
        free=free_at(repository.cache),
        cache=str(repository.cache),
    )


def _get(url: str, token: Token | None) -> requests.Response:
    def show(request: requests.PreparedRequest) -> requests.PreparedRequest:
        # As `auth`: what a .netrc says would take a header's place.
        if token:
            request.headers["authorization"] = f"Bearer {token.text}"
        return request

    return requests.get(url, auth=show, timeout=SECONDS)


def _reason(error: Exception) -> str:
    """The last cause, in few words: not the error's own, which may hold a login or the token."""
    match error:
        case requests.exceptions.ProxyError():
            return "the proxy does not let it through"
        case requests.exceptions.SSLError():
            return "its certificate cannot be verified"
        case requests.Timeout():
            return f"nothing came within {SECONDS:g} seconds"
        case requests.exceptions.InvalidJSONError():
            return "it does not speak as a hub does"
        case requests.exceptions.InvalidProxyURL():
            return "the proxy's address is none"
        case ValueError():
            return NO_ADDRESS
    causes = [str(cause) for cause in (error, *error.args)]
    known = (
        "Name or service not known",
        "Temporary failure in name resolution",
        "Connection refused",
        "No route to host",
    )
    return next((words.lower() for words in known if any(words in cause for cause in causes)), type(error).__name__)


def _skew(date: str | None) -> float | None:
    try:
        return time.time() - email.utils.parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


def _size(repository: Repository, content: Value) -> int | None:
    """The bytes of the files that vLLM will read and that are not in the cache."""
    try:
        sizes = {str(each["rfilename"]): int(each.get("size") or 0) for each in content["siblings"]}
    except (TypeError, KeyError, ValueError):
        return None
    directory = directory_of(repository)
    there = {name for name in sizes if directory and (directory / name).exists()}
    return sum(sizes[name] for name in repository.wanted([*sizes]) if name not in there)

"""The hub of models: whether it answers, knows the token, and gives the model; and whether that fits on the disk."""

import shlex
from collections.abc import Iterator
from dataclasses import replace

from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.hub_answer import HUB, NO_ADDRESS, OK, UNAUTHORIZED, Hub, asked
from dragoman.diagnosis.model import is_offline, repository_of
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.tokens import Token, token_of
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import gib
from dragoman.downloads.models import MODELSCOPE
from dragoman.settings.secrets import MASK, redact

# S3 refuses what is signed by a clock that is further off; certificates seem not yet valid or no longer so.
FURTHEST = 900.0
NOTABLE = 120.0
# What the download of a model needs besides its files.
SPARE = 2**28


def look(subject: Subject) -> Hub:
    """Ask the hub for the model and for the token's owner, where it is needed and may be asked."""
    variables = subject.variables
    repository = repository_of(subject)
    token = token_of(repository.token if repository else None, variables)
    elsewhere = variables.get(MODELSCOPE, "").lower() == "true"
    if repository is None or not repository.on_hub or elsewhere:
        return Hub("unneeded", token=token)
    address = (variables.get("HF_ENDPOINT") or HUB).strip().rstrip("/")
    if is_offline(variables):
        return Hub("offline", redact(address, ()), repository.name, token)
    if token and not token.is_sendable:
        # Without it the hub's word on the model would be another.
        return replace(asked(address, repository, None), token=token, model=None)
    return asked(address, repository, token)


def reachable(subject: Subject, hub: Hub) -> Iterator[Finding]:
    """Whether the hub answers."""
    if hub.state == "unneeded":
        yield fine("the hub is not needed")
    elif hub.state == "offline":
        yield fine("the hub is not asked: HF_HUB_OFFLINE")
    elif hub.failure:
        what = f"{hub.address} does not answer: {hub.failure}"
        why = "The model cannot be downloaded. HF_ENDPOINT names another hub, HTTPS_PROXY a way to it."
        asking = f"curl -m 5 -I {_address(hub)}"
        yield problem(what, why, "unset HF_ENDPOINT" if hub.failure == NO_ADDRESS else asking)
    else:
        yield fine(f"{hub.address} answers")


def token(subject: Subject, hub: Hub) -> Iterator[Finding]:
    """Whether the token is valid, and a secret."""
    if hub.token and hub.token.exposed:
        why = "Other users of this machine can read it."
        path = shlex.quote(str(hub.token.path))
        yield advice(f"the token in {hub.token.path} is open to others", why, f"chmod 600 {path}")
    if hub.token is None:
        yield fine("there is no token for the hub; models that are open to all need none")
    elif not hub.token.is_sendable:
        what = f"the token from {hub.token.source} has a blank, a line break or another character that no token has"
        yield problem(what, "No request can carry it, so nothing is downloaded with it.", _login(hub.token))
    elif hub.whoami == UNAUTHORIZED:
        what = f"{hub.address} refuses the token from {hub.token.source}"
        yield problem(what, "It refuses every download with it, even of open models.", _login(hub.token))
    elif hub.whoami == OK:
        yield fine(f"{hub.address} knows the token from {hub.token.source}")
    elif not hub.token.exposed:
        yield fine(f"there is a token from {hub.token.source}; nobody was asked whether it is valid")


def access(subject: Subject, hub: Hub) -> Iterator[Finding]:
    """Whether the hub gives the model to this worker."""
    if hub.model is None or hub.whoami == UNAUTHORIZED:
        yield fine("the hub was not asked for the model")
    elif hub.model == OK:
        yield fine(f"the hub has {hub.name}" + (f" ({gib(hub.size)} to download)" if hub.size else ""))
    elif hub.code == "GatedRepo":
        what = f"{hub.name} is gated, and this worker may not have it"
        why = f"Ask for access at {hub.address}/{hub.name}, with the account whose token the worker has."
        yield problem(what, why, "hf auth login --force")
    elif hub.code == "RevisionNotFound":
        what = f"{hub.name} has no revision {subject.value('revision')}"
        yield problem(what, "The worker ends with exit code 3.", subject.command("serve", "--revision", "main"))
    elif hub.code == "RepoNotFound":
        what = f"{hub.address} has no model {hub.name} that this worker may see"
        why = "The worker ends with exit code 3. Check the name; a private model needs a token."
        yield problem(what, why, "hf auth login" if hub.token is None else f"hf models info {shlex.quote(hub.name)}")
    else:
        what = f"{hub.address} answers {hub.model} for {hub.name}, and not in a hub's words"
        why = "It may be busy, or a proxy answers in its place; vLLM tries by itself."
        yield advice(what, why, f"curl -m 5 -i {_address(hub, f'/api/models/{hub.name}')}")


def room(subject: Subject, hub: Hub) -> Iterator[Finding]:
    """Whether what is to be downloaded fits on the disk."""
    if not hub.size:
        yield fine("nothing is to be downloaded, or its size is not known")
    elif hub.size + SPARE > hub.free:
        what = f"{hub.name} takes {gib(hub.size)} more, and {hub.cache} has {gib(hub.free)} left"
        why = "The worker ends with exit code 3 when the disk is full. HF_HOME may name a larger one."
        yield problem(what, why, "hf cache prune --yes")
    else:
        yield fine(f"{hub.cache} has {gib(hub.free)} left for the {gib(hub.size)} of {hub.name}")


def clock(subject: Subject, hub: Hub) -> Iterator[Finding]:
    """Whether the clock is right, by the hub's."""
    if hub.skew is None:
        yield fine("there was no other clock to compare this machine's with")
    elif abs(hub.skew) > NOTABLE:
        what = f"this machine's clock is {abs(hub.skew):.0f} seconds {'ahead' if hub.skew > 0 else 'behind'}"
        why = "S3 refuses requests of a clock that is 15 minutes off, and certificates seem not to be valid."
        told = problem if abs(hub.skew) > FURTHEST else advice
        yield told(what, why, "sudo timedatectl set-ntp true")
    else:
        yield fine("the clock is right")


def _address(hub: Hub, path: str = "") -> str:
    """The hub's address for a shell; without a login, rather than with a masked one."""
    return shlex.quote(hub.address.replace(f"{MASK}@", "") + path)


def _login(held: Token) -> str:
    """What takes another token's place; a flag's can only be changed where it is given."""
    if held.source.startswith("--"):
        return ""
    first = "" if held.path else f"unset {held.source.removeprefix('variable ')} && "
    return f"{first}hf auth login --force"


TOPIC = Topic(
    "the hub",
    look,
    (
        Check(
            "hub", "Whether the hub answers, through proxies where there are some; not asked when offline.", reachable
        ),
        Check("token", "Whether the hub knows the token, and nobody else may read it.", token),
        Check(
            "model-access",
            "Whether the hub has the model and gives it to this worker: gated, private, no such revision.",
            access,
        ),
        Check("download-room", "Whether what is to be downloaded fits on the disk.", room),
        Check("clock", "This machine's clock against the hub's.", clock),
    ),
)

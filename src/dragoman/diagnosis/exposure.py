"""Who can reach the worker, and who may use it."""

from collections.abc import Iterator

from dragoman.diagnosis.findings import Finding, advice, fine
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.platforms import PLATFORMS
from dragoman.process.address import is_loopback
from dragoman.serving.entrance.exposure import UPDATING, Exposure

# A key that is shorter can be found by trying; openssl's 16 bytes are 32 digits.
SHORT = 16


def look(subject: Subject) -> Exposure:
    """Work out which of the engine's routes the settings open."""
    return Exposure.of(subject.value("root_path"), subject.variables)


def access(subject: Subject, exposure: Exposure) -> Iterator[Finding]:
    """Whether everybody who reaches the worker can use it."""
    guard = next(each.guard for each in PLATFORMS if each.name == subject.resolution.platform)
    host, uds = subject.value("host"), subject.value("uds")
    if subject.value("api_key"):
        yield fine("an API key is asked for")
    elif guard:
        yield fine(f"no API key is asked for, as {guard} checks who calls")
    elif uds or is_loopback(host):
        yield fine("no API key is asked for, and only this machine can reach the worker")
    else:
        what = f"the worker listens on {host} and asks for no API key"
        why = "Everybody who reaches this machine's port can use the model."
        yield advice(what, why, "export DRAGOMAN_API_KEY=$(openssl rand -hex 16)")


def keys(subject: Subject, exposure: Exposure) -> Iterator[Finding]:
    """Keys that can be guessed."""
    short = sum(len(key) < SHORT for key in subject.value("api_key") or ())
    if short:
        what = f"API keys with fewer than {SHORT} characters: {short}"
        yield advice(what, "Whoever tries long enough finds them.", "export DRAGOMAN_API_KEY=$(openssl rand -hex 16)")
    else:
        yield fine("no API key is short enough to be guessed")


def adapters(subject: Subject, exposure: Exposure) -> Iterator[Finding]:
    """Whether callers can load adapters."""
    if exposure.adapters:
        what = f"{UPDATING} lets callers load and unload adapters"
        yield advice(
            what, "Whoever has a key can have the worker read any directory that it may read.", f"unset {UPDATING}"
        )
    else:
        yield fine("callers cannot load adapters through vLLM's routes")


TOPIC = Topic(
    "who may use it",
    look,
    (
        Check(
            "access", "An address that others reach, without an API key or a platform that checks who calls.", access
        ),
        Check("keys", "API keys that are short enough to be guessed.", keys),
        Check("adapters", "Whether callers may load adapters through vLLM's routes.", adapters),
    ),
)

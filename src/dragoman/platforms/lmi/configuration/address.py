"""Where the worker listens: SERVING_INFERENCE_ADDRESS."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue

VARIABLE = "SERVING_INFERENCE_ADDRESS"

_SOURCE = f"variable {VARIABLE}"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class InferenceAddress:
    """The variable that has the address of DJL Serving as a URL."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read host and port; an address that is no URL, and TLS without a certificate, are errors."""
        text = self.environment.get(VARIABLE, "").strip()
        if not text:
            return Reading()
        try:
            scheme, host, port = _parts(text)
        except ValueError as problem:
            return Reading(errors=(f"{_SOURCE}: {text!r} is not an address such as http://0.0.0.0:8080: {problem}",))
        certified = scheme == "http" or "ssl_certfile" in above
        needs = f"{_SOURCE}: https needs --ssl-certfile, and --ssl-keyfile where the key is in a file of its own"
        return Reading(
            (Assignment("host", host, _SOURCE), Assignment("port", port, _SOURCE)),
            errors=() if certified else (needs,),
        )


def _parts(text: str) -> tuple[str, str, int]:
    parts = urlsplit(text)
    if parts.scheme not in _PORTS:
        raise ValueError("it does not begin with http:// or https://")
    if not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("it is not a host and a port")
    return parts.scheme, parts.hostname, parts.port if parts.port is not None else _PORTS[parts.scheme]

"""Where Dragoman means to answer otherwise than DRUM, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.drum.answers import Answer

PHASES = "the probes of a worker that starts tell the phase, in place of a library's words about a refused connection"
STARTING = "a request that comes too early is refused with 503, so that clients and balancers try again; DRUM says 500"
SLASHES = "every route is answered with and without a trailing slash; DRUM redirects the one, or does not know it"
OWN_METRICS = "the worker has metrics of its own"
CAPITALS = "media types have no case"
MARK = "what Excel writes is read: a byte order mark is no part of the first column's name"
ROWS = "a client's mistake is a 4xx, and the message names the rows and tells what was wrong with each"
CLIENTS_MISTAKE = "a client's mistake is a 4xx: the engine's status is kept; DRUM says 500"
NO_MESSAGES = "the engine is asked and answers with its own words; DRUM's client library refuses before"
NO_OBJECT = "JSON that is no object is a mistake of the client; DRUM's own code fails on it"


@dataclass(frozen=True)
class Difference:
    """An intended difference.

    Attributes:
        reason: why.
        like: the case that DRUM answers as Dragoman answers this one; none for this one.
        status: Dragoman's, where it is another one.
        says: what is in the body of Dragoman's answer, where it is another body.
    """

    reason: str
    like: str = ""
    status: int | None = None
    says: str = ""

    def expected(self, name: str, drum: Mapping[str, Answer], dragoman: Answer) -> Answer:
        """What Dragoman is to answer to the case of that name, by what DRUM has answered to all."""
        assert self.says in str(dragoman.body)
        like = drum[self.like or name]
        kind, body = (dragoman.kind, dragoman.body) if self.says else (like.kind, like.body)
        return replace(like, status=self.status or like.status, kind=kind, body=body)


DIFFERENCES = {
    "loading: GET /ping/": Difference(PHASES, says="vLLM server is not ready: "),
    "loading: GET /health/": Difference(PHASES, says="vLLM server is not ready: "),
    "loading: predict: rows": Difference(STARTING, status=503, says="ERROR: Connection error. The worker is starting"),
    "loading: chat: a completion": Difference(STARTING, status=503, says="The worker is starting"),
    "loading: GET /v1/models": Difference(STARTING, status=503, says="The worker is starting"),
    "loading: direct: a route of the engine": Difference(STARTING, status=503, says="The worker is starting"),
    "GET /health": Difference(SLASHES, like="GET /health/"),
    "GET /info": Difference(SLASHES, like="GET /info/"),
    "GET /capabilities": Difference(SLASHES, like="GET /capabilities/"),
    "GET /stats": Difference(SLASHES, like="GET /stats/"),
    "GET /metrics": Difference(OWN_METRICS, status=200, says="dragoman_"),
    "predict: rows at /predict": Difference(SLASHES, like="predict: rows"),
    "predict: rows at /predictions": Difference(SLASHES, like="predict: rows"),
    "predict: rows at /invocations/": Difference(SLASHES, like="predict: rows"),
    "predict: rows in capitals": Difference(CAPITALS, like="predict: rows"),
    "predict: a short row": Difference(ROWS, status=400, says="ERROR: Bad payload: row 1: "),
    "predict: a byte order mark": Difference(MARK, like="predict: no line end"),
    "predict: a row too long for the model": Difference(ROWS, status=400, says="ERROR: Bad payload: row 2: "),
    "predict: unstructured, no slash": Difference(SLASHES, like="predict: unstructured"),
    "predict: transform, no slash": Difference(SLASHES, like="predict: transform"),
    "chat: a trailing slash": Difference(SLASHES, like="chat: a completion"),
    "chat: another model": Difference(CLIENTS_MISTAKE, status=404),
    "chat: two choices of a greedy engine": Difference(CLIENTS_MISTAKE, status=400),
    "chat: a stream of two choices of a greedy engine": Difference(CLIENTS_MISTAKE, status=400),
    "chat: a stream from another model": Difference(CLIENTS_MISTAKE, status=404),
    "chat: a wrong temperature": Difference(CLIENTS_MISTAKE, status=400),
    "chat: a temperature in words": Difference(CLIENTS_MISTAKE, status=400),
    "chat: a tool that the engine has no parser for": Difference(CLIENTS_MISTAKE, status=400),
    "chat: too long a prompt": Difference(CLIENTS_MISTAKE, status=400),
    "chat: no messages": Difference(CLIENTS_MISTAKE, status=400),
    "chat: messages that are none": Difference(CLIENTS_MISTAKE, status=400),
    "chat: no messages at all": Difference(NO_MESSAGES, status=400, says="ERROR: Error code: 400 - "),
    "chat: a list": Difference(NO_OBJECT, like="chat: no JSON"),
    "GET /models/": Difference(SLASHES, like="GET /models"),
    "GET /v1/models/": Difference(SLASHES, like="GET /v1/models"),
}

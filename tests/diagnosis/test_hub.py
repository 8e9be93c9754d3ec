import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dragoman.diagnosis.hub import access, clock, look, reachable, room, token
from dragoman.diagnosis.hub_answer import Hub
from dragoman.diagnosis.tokens import Token
from dragoman.diagnosis.units import GIB
from tests.diagnosis.subjects import judged, subject, with_environment

TOKEN = Token("hf_x", "variable HF_TOKEN")
HEALTHY = Hub(
    "asked", "https://hub", "org/m", TOKEN, model=200, whoami=200, skew=1.0, size=GIB, free=9 * GIB, cache="/hub"
)
but = partial(replace, HEALTHY)
SIBLINGS = [{"rfilename": "config.json", "size": 100}, {"rfilename": "model.safetensors", "size": 1000}]


@contextmanager
def hub(valid: str | None = None, status: int = 200, code: str = "") -> Iterator[str]:
    """The address of a hub that has a model, and knows one token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown = self.headers.get("authorization")
            known = shown is None or shown == f"Bearer {valid}"
            answer = 401 if not known else 200 if "whoami" in self.path else status
            body = json.dumps({"siblings": [*SIBLINGS, {"rfilename": "weights.h5", "size": 10**9}]}).encode()
            self.send_response(answer)
            self.send_header("x-error-code", code)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("found", "severity", "what"),
    [
        (HEALTHY, "fine", "https://hub answers"),
        (Hub("unneeded"), "fine", "the hub is not needed"),
        (Hub("offline"), "fine", "HF_HUB_OFFLINE"),
        (but(failure="connection refused"), "problem", "https://hub does not answer: connection refused"),
    ],
)
def test_reachable(found: Hub, severity: str, what: str) -> None:
    verdict = judged(reachable, found)
    assert verdict.severity == severity
    assert what in verdict.what


@pytest.mark.parametrize(
    ("found", "severities"),
    [
        (HEALTHY, ["fine"]),
        (but(token=None), ["fine"]),
        (but(whoami=401), ["problem"]),
        (but(whoami=None), ["fine"]),
        (but(token=Token("hf_x", "/t", "/t", exposed=True)), ["advice", "fine"]),
        (but(token=Token("hf_x", "/t", "/t", exposed=True), whoami=None), ["advice"]),
    ],
)
def test_token(found: Hub, severities: list[str]) -> None:
    verdicts = list(token(subject(), found))
    assert [each.severity for each in verdicts] == severities
    assert "hf_x" not in f"{verdicts} {found}"


@pytest.mark.parametrize(
    ("found", "severity", "cure"),
    [
        (HEALTHY, "fine", ""),
        (but(model=None), "fine", ""),
        (but(model=403, code="GatedRepo"), "problem", "hf auth login --force"),
        (but(model=404, code="RevisionNotFound"), "problem", "dragoman serve --gpus 0 --revision main"),
        (but(model=401, code="RepoNotFound", token=None, whoami=None), "problem", "hf auth login"),
        (but(model=404, code="RepoNotFound"), "problem", "hf models info org/m"),
        (but(model=404), "advice", "curl -m 5 -i https://hub/api/models/org/m"),
        (but(model=503), "advice", "curl -m 5 -i https://hub/api/models/org/m"),
        (but(model=401, whoami=401), "fine", ""),
    ],
)
def test_access(found: Hub, severity: str, cure: str) -> None:
    verdict = judged(access, found)
    assert (verdict.severity, verdict.cure) == (severity, cure)


@pytest.mark.parametrize(("size", "severity"), [(GIB, "fine"), (20 * GIB, "problem"), (None, "fine"), (0, "fine")])
def test_room(size: int | None, severity: str) -> None:
    assert judged(room, but(size=size)).severity == severity


@pytest.mark.parametrize(
    ("skew", "severity"), [(None, "fine"), (-3.0, "fine"), (300.0, "advice"), (-7200.0, "problem")]
)
def test_clock(skew: float | None, severity: str) -> None:
    assert judged(clock, but(skew=skew)).severity == severity


def test_asking(tmp_path: Path) -> None:
    with hub("hf_right") as address:
        found = look(subject(HF_ENDPOINT=address, HF_TOKEN="hf_right", HF_HOME=str(tmp_path)))
    assert (found.state, found.address, found.name) == ("asked", address, "org/m")
    assert (found.model, found.whoami, found.size) == (200, 200, 1100)
    assert found.skew is not None
    assert abs(found.skew) < 60
    assert found.free > 0


@pytest.mark.parametrize(
    ("held", "cure"),
    [
        (TOKEN, "unset HF_TOKEN && hf auth login --force"),
        (Token("hf_x", "/t", "/t"), "hf auth login --force"),
        (Token("hf_x", "--hf-token"), ""),
    ],
)
def test_another_token_is_cured_where_it_is(held: Token, cure: str) -> None:
    assert judged(token, but(token=held, whoami=401)).cure == cure


def test_a_wrong_token(tmp_path: Path) -> None:
    with hub("hf_right") as address:
        found = look(subject(HF_ENDPOINT=address, HF_TOKEN="hf_wrong", HF_HOME=str(tmp_path)))
    assert (found.model, found.whoami) == (401, 401)
    assert judged(token, found).severity == "problem"


@pytest.mark.parametrize("text", ["hf_secretpart1\nsecretpart2", "hf_\u20acabc", "hf_a b", "hf_a\x00b"])
def test_a_token_that_no_request_can_carry(tmp_path: Path, text: str) -> None:
    with hub() as address:
        found = look(subject(HF_ENDPOINT=address, HF_TOKEN=text, HF_HOME=str(tmp_path)))
    verdict = judged(token, found)
    assert (verdict.severity, verdict.cure) == ("problem", "unset HF_TOKEN && hf auth login --force")
    assert "has a blank, a line break or another character" in verdict.what
    assert judged(reachable, found).severity == judged(access, found).severity == "fine"


@pytest.mark.parametrize("address", ["http://a..b", "a..b", "nonsense", "http://[", "http://" + "a" * 70 + ".b"])
def test_an_endpoint_that_is_no_address(tmp_path: Path, address: str) -> None:
    found = look(subject(HF_ENDPOINT=address, HF_TOKEN="hf_secret", HF_HOME=str(tmp_path)))
    verdict = judged(reachable, found)
    assert verdict.what.endswith("does not answer: it is no address")
    assert verdict.cure == "unset HF_ENDPOINT"


def test_what_comes_from_outside_is_quoted() -> None:
    assert judged(reachable, but(address="http://h;ls", failure="x")).cure == "curl -m 5 -I 'http://h;ls'"
    assert judged(reachable, but(address="http://***@h", failure="x")).cure == "curl -m 5 -I http://h"
    assert judged(access, but(model=503, name="a/$(ls)")).cure == "curl -m 5 -i 'https://hub/api/models/a/$(ls)'"
    assert judged(access, but(model=404, code="RepoNotFound", name="a;b")).cure == "hf models info 'a;b'"
    exposed, _ = token(subject(), but(token=Token("hf_x", "/a b", "/a b", exposed=True)))
    assert exposed.cure == "chmod 600 '/a b'"


def test_a_gated_model(tmp_path: Path) -> None:
    with hub(status=403, code="GatedRepo") as address:
        found = look(subject(HF_ENDPOINT=address, HF_HOME=str(tmp_path)))
    assert (found.model, found.code, found.size) == (403, "GatedRepo", None)


def test_nobody_answers(tmp_path: Path) -> None:
    with hub() as address:
        pass
    found = look(subject(HF_ENDPOINT=address, HF_HOME=str(tmp_path)))
    assert found.failure == "connection refused"


def test_what_does_not_answer_in_time_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forever = threading.Event()
    monkeypatch.setattr("dragoman.diagnosis.hub_answer.PATIENCE", 0.1)
    monkeypatch.setattr("dragoman.diagnosis.hub_answer._answered", lambda *words: forever.wait())
    try:
        found = look(subject(HF_HOME=str(tmp_path)))
    finally:
        forever.set()
    assert found.failure == "nothing came within 0.1 seconds"


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        ({"HF_HUB_OFFLINE": "1"}, "offline"),
        ({"TRANSFORMERS_OFFLINE": "yes"}, "offline"),
        ({"VLLM_USE_MODELSCOPE": "true"}, "unneeded"),
        ({"MODEL_NAME": "/"}, "unneeded"),
    ],
)
def test_the_hub_is_not_always_asked(variables: dict[str, str], state: str) -> None:
    found = look(with_environment({"HF_ENDPOINT": "http://192.0.2.1", **variables}))
    assert found.state == state
    assert found.failure is None


def test_logins_in_addresses_are_not_shown(tmp_path: Path) -> None:
    found = look(subject(HF_ENDPOINT="http://me:word@127.0.0.1:1", HF_HOME=str(tmp_path)))
    assert found.address == "http://***@127.0.0.1:1"
    assert "word" not in f"{found} {list(reachable(subject(), found))}"

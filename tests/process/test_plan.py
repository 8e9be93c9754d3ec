import ssl
from dataclasses import fields

import pytest

from dragoman.process.listener import HttpOptions
from dragoman.process.plan import Plan
from dragoman.serving.entrance.access import Access
from dragoman.serving.entrance.exposure import Exposure
from dragoman.serving.entrance.limits import Limits
from dragoman.serving.observing.observation import Observation
from dragoman.serving.queue.queueing import Queueing
from tests.plans import SPARE

FULL = Plan(
    platform="plain",
    dialect={"max_concurrency": 300, "standard_output": None},
    engine_args=("--model", "größer", "--max-model-len", "8k"),
    engine_url="http://host:8000",
    access=Access.of(["secret"]),
    http=HttpOptions("key", "cert", "ca", ssl.CERT_REQUIRED, "ciphers", "debug", 9),
    exposure=Exposure("/api", adapters=True),
    limits=Limits(max_body_size=1, allowed_media_domains=("images.example.com",)),
    observation=Observation(log_format="json", unlogged_paths=("/metrics",)),
    queueing=Queueing(max_queue=5, request_timeout=2.5),
    grace=1.5,
    launched=12.25,
    doorman=1,
    listen_fd=3,
    channel_fd=4,
)


@pytest.mark.parametrize("plan", [FULL, SPARE])
def test_a_plan_comes_back_as_it_was(plan: Plan) -> None:
    assert Plan.from_json(plan.to_json()) == plan


def test_every_field_of_the_full_plan_differs_from_the_spare_one() -> None:
    same = {"platform", "doorman", "listen_fd", "channel_fd"}
    assert {field.name for field in fields(Plan) if getattr(FULL, field.name) == getattr(SPARE, field.name)} == same

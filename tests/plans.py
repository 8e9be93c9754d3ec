"""A plan for processes that are not started."""

from dragoman.process.listener import HttpOptions
from dragoman.process.plan import Plan
from dragoman.serving.entrance.access import Access
from dragoman.serving.entrance.exposure import Exposure
from dragoman.serving.entrance.limits import Limits
from dragoman.serving.observing.observation import Observation
from dragoman.serving.queue.queueing import Queueing

SPARE = Plan(
    platform="plain",
    dialect={},
    engine_args=(),
    engine_url=None,
    access=Access(),
    http=HttpOptions(),
    exposure=Exposure(),
    limits=Limits(),
    observation=Observation(),
    queueing=Queueing(),
    grace=0,
    launched=0,
    doorman=1,
    listen_fd=3,
    channel_fd=4,
)

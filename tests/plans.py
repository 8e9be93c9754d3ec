"""A plan for processes that are not started."""

from dragoman.process.listener import HttpOptions
from dragoman.process.plan import Plan

SPARE = Plan("plain", {}, (), None, None, HttpOptions(), 0, 0, 1, 3, 4)

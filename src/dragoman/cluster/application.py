"""The application that Ray Serve runs: replicas of the worker, and a front among them where Serve is asked for one."""

import os
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy
from ray.serve.deployment import Application, Deployment

from dragoman.cluster.front_replica import FrontReplica
from dragoman.cluster.manners import Manners
from dragoman.cluster.order import Order
from dragoman.cluster.replica import Replica, nodes
from dragoman.cluster.resources import Claim, claim
from dragoman.cluster.scale import Scale
from dragoman.errors import ConfigurationError
from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution

POLICY = "dragoman.cluster.autoscaling:by_ongoing_requests"
# Seconds: how often the load is told and looked at, and how long it has to stay before replicas come or go.
TOLD, UP, DOWN = 2.0, 10.0, 120.0
# Seconds that a worker needs beside its grace period to end.
ENDING = 15.0
# Requests do not come through Serve.
UNLIMITED = 10_000


class Arguments(BaseModel):
    """What a RayService says in the ``args`` of its application.

    Args:
        arguments: the worker's command line, with the flags of the cluster.
        environment: variables for the workers, beside those of their pods; Ray logs them, so none of them is a secret.
        fronts: how many fronts share the requests.
    """

    model_config = ConfigDict(extra="forbid")

    arguments: list[str] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    fronts: int = Field(default=1, ge=1)


def build(args: Arguments) -> Application:
    """What ``import_path`` of a RayService names: replicas behind a front that is Serve's ingress.

    Raises:
        ConfigurationError: the settings cannot work.
    """
    resolution = resolve(args.arguments, {**os.environ, **args.environment})
    if resolution.errors:
        raise ConfigurationError(*resolution.errors)
    order = Order(tuple(args.arguments), args.environment)
    scale = Scale.of(resolution.value) or Scale(1, 1, resolution.value("target_ongoing_requests"))
    front = serve.deployment(serve.ingress()(FrontReplica), name="Front").options(
        num_replicas=args.fronts,
        max_ongoing_requests=UNLIMITED,
        ray_actor_options={"num_cpus": 0},
        # The workers log each request.
        logging_config={"enable_access_log": False},
    )
    return front.bind(order, scale.least, replicas(order, resolution, scale))


def replicas(order: Order, resolution: Resolution, scale: Scale) -> Application:
    """The replicas alone.

    Args:
        order: what each is started with.
        resolution: the settings that the order stands for.
        scale: how many there are to be.
    """
    claimed = claim(resolution.value, list(nodes().values()), scale.most)
    grace = resolution.value("grace_period") + ENDING
    return _deployment(scale, claimed, grace).bind(order, claimed, grace, Manners.of(resolution).health)


def _deployment(scale: Scale, claimed: Claim, grace: float) -> Deployment:
    return serve.deployment(Replica).options(
        name="Replica",
        max_ongoing_requests=UNLIMITED,
        ray_actor_options=claimed.options,
        graceful_shutdown_timeout_s=grace + ENDING,
        health_check_period_s=5.0,
        health_check_timeout_s=30.0,
        # A worker that cannot start says why; trying again cannot help.
        max_constructor_retry_count=1,
        **_size(scale),
    )


def _size(scale: Scale) -> Mapping[str, Any]:
    if scale.is_fixed:
        return {"num_replicas": scale.least}
    config = AutoscalingConfig(
        min_replicas=scale.least,
        max_replicas=scale.most,
        target_ongoing_requests=scale.target,
        metrics_interval_s=TOLD,
        look_back_period_s=3 * TOLD,
        upscale_delay_s=UP,
        downscale_delay_s=DOWN,
        policy=AutoscalingPolicy(policy_function=POLICY),
    )
    return {"autoscaling_config": config}

"""How many replicas the load asks for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ray.serve.config import AutoscalingContext

# What each replica tells Ray Serve: how many requests all fronts have sent to it that have not ended.
ONGOING = "ongoing_requests"


def by_ongoing_requests(context: "AutoscalingContext") -> tuple[float, dict[str, object]]:
    """Ray Serve's policy: so many replicas that each has the target of requests.

    Serve itself sees none of the requests, which go to the replicas' own ports. It holds the answer between the least
    and the most, and waits with each change as its delays say.

    Returns:
        The number, and what the policy is to remember: nothing.
    """
    ongoing = sum((context.aggregated_metrics or {}).get(ONGOING, {}).values())
    return desired(ongoing, context.config.get_target_ongoing_requests()), {}


def desired(ongoing: float, target: float) -> float:
    """So many replicas that each has the target; at least one.

    Args:
        ongoing: requests of all replicas together.
        target: requests that a replica should have.
    """
    return max(1.0, ongoing / target)

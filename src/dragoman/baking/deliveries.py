"""What brings the models: from the hub, from S3, from a directory."""

import os
from typing import Protocol

from dragoman.baking.manifest import Baked
from dragoman.baking.meters import Meters
from dragoman.baking.order import Order, Part
from dragoman.engine import Report


class Delivery(Protocol):
    """One model on its way; it knows what there is before anything comes."""

    @property
    def verb(self) -> str:
        """What bringing it is called."""

    @property
    def sizes(self) -> list[int]:
        """How many bytes each file has that the meters will be told of."""

    @property
    def missing(self) -> int:
        """How many bytes there must be room for."""

    def bring(self, meters: Meters) -> Baked:
        """Have all of it come.

        Raises:
            EngineStartError: it does not come, or cannot be kept.
        """


def delivery(part: Part, order: Order, report: Report) -> Delivery:
    """Return what brings a part.

    Args:
        part: which.
        order: where it comes to.
        report: is told how far it is, where no meter can be.

    Raises:
        ConfigurationError: it may not be asked for.
        EngineStartError: it is not to be had.
    """
    if part.on_s3:
        from dragoman.baking.bucket import BucketDelivery

        return BucketDelivery(part.repository.name, order.directory, report)
    if os.path.isdir(part.repository.name):
        from dragoman.baking.folder import FolderDelivery

        return FolderDelivery(part.repository, order.directory)
    from dragoman.baking.hub import HubDelivery

    return HubDelivery(part.repository)

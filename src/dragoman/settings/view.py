"""What has been set, as rules and checks see it."""

from collections.abc import Mapping, Sequence

from dragoman.machine import count_gpus
from dragoman.settings.assignments import Settled, Source
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.values import Value, quote


class View:
    """What has been set; settings at their default do not count as set."""

    def __init__(
        self,
        catalogue: Catalogue,
        settled: Mapping[str, Sequence[Settled]],
        environment: Mapping[str, str],
        sources: Sequence[Source] = (),
    ) -> None:
        self.catalogue = catalogue
        self.environment = environment
        self._settled = settled
        self._sources = sources

    def settled(self, name: str) -> Settled | None:
        """Return the value that was set and where it came from; None where nothing set it."""
        return self._settled[name][0] if name in self._settled else None

    def source(self, settled: Settled) -> Source | None:
        """Return the source that a value was read from, or made from; None for what a rule has of its own."""
        return self._sources[settled.rank] if settled.rank < len(self._sources) else None

    def get(self, name: str, default: Value = None) -> Value:
        """Return the value that was set, or else `default`."""
        return self._settled[name][0].value if name in self._settled else default

    def cite(self, name: str) -> str:
        """Return the setting with its value and where it came from, as messages have it."""
        if name not in self._settled:
            return f"{name} (not set)"
        settled = self._settled[name][0]
        shown = "***" if self.catalogue[name].secret else quote(settled.value)
        return f"{name} {shown} ({settled.source})"

    def gpus(self) -> int:
        """Return the number of GPUs that was set, or else count them."""
        given = self.get("gpus")
        return count_gpus(self.environment) if given is None else given

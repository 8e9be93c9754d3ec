"""Progress bars of the kind that huggingface_hub moves, which show nothing and tell how they are moved."""

from collections.abc import Callable

from tqdm import tqdm  # type: ignore[import-untyped]


def silent_bars(moved: Callable[[int, int], None]) -> type[tqdm]:
    """Return the class of such bars.

    Args:
        moved: is told which bar was moved, and by how much; by any thread. What it raises ends the download.
    """

    class Bar(tqdm):  # type: ignore[misc]  # tqdm has no types
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **{**options, "disable": True})
            begun = options.get("initial")
            if isinstance(begun, int) and begun:
                moved(id(self), begun)

        def update(self, n: float | None = 1) -> None:
            moved(id(self), int(n or 0))

    return Bar

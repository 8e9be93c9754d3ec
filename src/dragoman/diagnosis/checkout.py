"""The checkout that the program runs from, where it does; an image and a wheel have none."""

import shlex
from pathlib import Path

import dragoman

INSTALLER = Path("scripts") / "install"


def checkout() -> Path | None:
    """Return the directory of the checkout that this program runs from; None where it runs from none."""
    root = Path(dragoman.__file__).parents[2]
    return root if (root / INSTALLER).is_file() else None


def installing(root: Path | None, variant: str, *, anew: bool = False) -> str:
    """Return the command that installs what is locked.

    Args:
        root: the checkout; None for none, where no command can.
        variant: the build of vLLM, `cpu` or `gpu`.
        anew: whether what is installed has to go first.
    """
    if root is None:
        return ""
    return f"cd {shlex.quote(str(root))} && " + ("make clean && " if anew else "") + f"{INSTALLER} {variant}"


def elsewhere(root: Path | None, variant: str) -> str:
    """Return what helps where there is no checkout, as the end of a reason; empty where there is one."""
    return "" if root else f" In an image: take the one of the {variant} build."

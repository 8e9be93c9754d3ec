"""How processes end."""

import signal


def manner(code: int) -> str:
    """Return how a process ended, in words.

    Args:
        code: its exit code, negative for a signal.
    """
    if code >= 0:
        return f"exit code {code}"
    names = {number.value: number.name for number in signal.Signals}
    return f"killed by {names.get(-code, f'signal {-code}')}"

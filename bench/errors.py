"""What can go wrong in a benchmark, in words for its user."""


class BenchError(Exception):
    """The benchmark cannot go on."""


class RequestError(BenchError):
    """A request was not answered as it should have been."""

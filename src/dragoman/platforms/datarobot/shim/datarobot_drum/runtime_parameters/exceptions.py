"""What is wrong with a runtime parameter."""


class RuntimeParameterException(Exception):  # noqa: N818
    """The root of these exceptions."""


class InvalidJsonException(RuntimeParameterException):
    """The variable does not hold JSON."""


class InvalidRuntimeParam(RuntimeParameterException):
    """The variable's JSON is not that of a runtime parameter."""

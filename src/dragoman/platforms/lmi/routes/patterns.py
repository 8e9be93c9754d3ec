"""The paths of LMI's own routes, by which requests are counted."""

_ADAPTERS = ("", "/{name}", "/{name}/update")
_MODELS = ("", "/{model}", "/{model}/{version}")

PATTERNS = (
    *("/", "/ping", "/invocations", "/models/{model}/invoke", "/server/logging", "/server/metrics"),
    *("/predictions/{model}", "/predictions/{model}/{version}"),
    *(f"{path}{rest}" for path in ("/models", "/workflows") for rest in _MODELS),
    *(f"{path}{rest}" for path in ("/adapters", "/models/{model}/adapters") for rest in _ADAPTERS),
)

"""The paths of DRUM's routes below the prefix, by which requests are counted."""

PATTERNS = (
    *("/", "/ping", "/health", "/info", "/capabilities", "/stats", "/metrics"),
    *("/predict", "/predictions", "/invocations", "/predictUnstructured", "/predictionsUnstructured", "/transform"),
    *("/chat/completions", "/v1/chat/completions", "/models", "/v1/models", "/directAccess/*", "/nim/*"),
)

"""Which payloads a runtime parameter may have, by its type."""


def problem_of(value: object) -> str | None:
    """What is wrong with a parameter's JSON, without showing any of it; None when nothing is."""
    if not isinstance(value, dict) or value.keys() != {"type", "payload"}:
        return "It has to be an object with the keys type and payload."
    expected = _EXPECTED.get(value["type"]) if isinstance(value["type"], str) else None
    if expected is None:
        return f"Its type has to be one of {', '.join(_EXPECTED)}."
    check, words = expected
    return None if value["payload"] is None or check(value["payload"]) else f"Its payload has to be {words} or null."


def _is_text(payload: object) -> bool:
    return isinstance(payload, str) and payload != ""


def _is_numeric(payload: object) -> bool:
    """Whether it is a number or can be read as one, as DRUM does; it is handed on as it came."""
    try:
        return isinstance(payload, int | float | str) and float(payload) is not None
    except (ValueError, OverflowError):
        return False


def _is_boolean(payload: object) -> bool:
    return isinstance(payload, bool)


def _is_credential(payload: object) -> bool:
    return isinstance(payload, dict) and _is_text(payload.get("credentialType"))


_EXPECTED = {
    "string": (_is_text, "a string that is not empty"),
    "numeric": (_is_numeric, "a number"),
    "boolean": (_is_boolean, "true, false"),
    "credential": (_is_credential, "an object with a credentialType"),
    "deployment": (_is_text, "a string that is not empty"),
}

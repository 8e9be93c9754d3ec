import json
from typing import Any

import pytest

from dragoman.platforms.datarobot.json_text import json_text

CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    "content", [{"a": [1, None, "ø"]}, {"a": 2**70}, {"a": "half \ud800"}, {"a": [{"ø": -(2**64)}]}]
)
def test_content_is_as_it_was(content: object) -> None:
    assert json.loads(json_text(content)) == content


def test_a_number_may_be_a_key() -> None:
    assert json_text({1: "a"}) == b'{"1": "a"}'


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"a": {1}}, "^set$"),
        ({"a": object()}, "^object$"),
        ({"a": b"x"}, "^bytes$"),
        ({(1, 2): "a"}, "keys must be str, int, float, bool or None, not tuple"),
        (CIRCLE, "^Circular reference detected$"),
    ],
)
def test_what_json_does_not_hold_is_named(content: object, kind: str) -> None:
    with pytest.raises(ValueError, match=kind):
        json_text(content)

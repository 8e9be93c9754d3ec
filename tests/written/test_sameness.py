import pytest

from dragoman.settings.values import Value
from dragoman.written.sameness import is_same
from tests.settings.resolutions import on_plain

ROWS = [
    ("max_model_len", 8192, 8192, True),
    ("max_model_len", 8192, 4096, False),
    ("chat_template", "{{ 'a\\n' }}", "{{ 'a\n' }}", True),
    ("chat_template", "a\\n{{ 1 }}", "a\n{{ 1 }}", False),
    ("chat_template", "{{ 1 }}", "{{ 1 ", False),
    ("served_model_name", ["org/m"], None, True),
    ("served_model_name", ["a"], None, False),
]


@pytest.mark.parametrize(("name", "here", "there", "same"), ROWS)
def test_whether_a_setting_means_the_same(name: str, here: Value, there: Value, same: bool) -> None:
    flag = "--" + name.replace("_", "-")
    resolution = on_plain({}, *(() if there is None else (f"{flag}={there}",)))
    assert is_same(name, here, resolution) is same

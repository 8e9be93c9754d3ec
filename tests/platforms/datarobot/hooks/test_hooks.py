from collections.abc import Callable

import pytest

from dragoman.platforms.datarobot.hooks import Hook, Hooks, keep, loaded
from tests.platforms.datarobot.modules import as_they_were


def two(params: object, model: object) -> object:
    return params, model


def headers(params: object, model: object, headers: object) -> object:
    return params, model, headers


def any_others(params: object, model: object, **kwargs: object) -> object:
    return params, model, kwargs


@pytest.mark.parametrize(
    ("function", "result"),
    [
        (two, ("params", "model")),
        (headers, ("params", "model", {"a": "b"})),
        (any_others, ("params", "model", {"headers": {"a": "b"}})),
        (lambda *args: args, ("params", "model")),
    ],
)
def test_keyword_arguments_are_for_those_that_take_more(function: Callable[..., object], result: object) -> None:
    assert Hook("chat", function)("params", "model", headers={"a": "b"}) == result


def test_without_custom_py_there_are_no_hooks() -> None:
    assert loaded() == Hooks()


def test_hooks_are_kept() -> None:
    hooks = Hooks(chat=Hook("chat", two), model="model")
    with as_they_were():
        keep(hooks)
        assert loaded() is hooks

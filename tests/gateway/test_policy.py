import pytest

from dragoman.gateway.errors import BadRequestError
from dragoman.gateway.policy import Policy


@pytest.mark.parametrize(
    ("given", "policy"),
    [
        (None, Policy(None, 86400, False)),
        ({}, Policy()),
        ({"executionTimeout": None, "ttl": None, "lowPriority": None}, Policy()),
        ({"executionTimeout": 5000, "ttl": 10000, "lowPriority": True}, Policy(5, 10, True)),
        ({"executionTimeout": 604800000, "ttl": 604800000.0}, Policy(604800, 604800)),
        ({"executionTimeout": 7500.5, "somethingElse": []}, Policy(7.5005)),
    ],
)
def test_what_is_read(given: object, policy: Policy) -> None:
    assert Policy.read(given) == policy


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "policy is not an object"),
        ("high", "policy is not an object"),
        ({"lowPriority": 1}, "policy.lowPriority is not a boolean"),
        ({"lowPriority": "true"}, "policy.lowPriority is not a boolean"),
        ({"executionTimeout": 4999}, "policy.executionTimeout is not a number of milliseconds from 5000 to 604800000"),
        ({"ttl": 9999}, "policy.ttl is not a number of milliseconds from 10000 to 604800000"),
    ],
)
def test_what_is_refused(given: object, message: str) -> None:
    with pytest.raises(BadRequestError) as refusal:
        Policy.read(given)
    assert str(refusal.value) == message


@pytest.mark.parametrize("value", [604800001, 0, -1, "20000", True, [20000], {}, float("nan")])
@pytest.mark.parametrize("name", ["executionTimeout", "ttl"])
def test_what_is_no_time(name: str, value: object) -> None:
    with pytest.raises(BadRequestError, match=f"policy.{name} is not a number of milliseconds from"):
        Policy.read({name: value})

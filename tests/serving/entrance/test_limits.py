from dataclasses import asdict

from dragoman.platforms import resolve
from dragoman.serving.entrance.limits import Limits


def test_the_defaults_are_those_of_the_settings() -> None:
    assert Limits.of(resolve([], {}).value) == Limits()


def test_each_limit_is_a_setting() -> None:
    arguments = ["--max-body-size", "64M", "--max-n", "2", "--allow-private-media", "--allowed-media-domains", "a.com"]
    limits = Limits.of(resolve(arguments, {}).value)
    assert (limits.max_body_size, limits.max_n, limits.allow_private_media) == (64 * 2**20, 2, True)
    assert limits.allowed_media_domains == ("a.com",)


def test_limits_come_back_from_json_as_they_were() -> None:
    limits = Limits(max_n=3, allowed_media_domains=("a.com", "b.com"))
    assert Limits.from_json(asdict(limits) | {"allowed_media_domains": ["a.com", "b.com"]}) == limits


def test_each_has_a_variable_of_its_own() -> None:
    resolution = resolve([], {f"DRAGOMAN_{name.upper()}": "7" for name in ("max_messages", "max_json_values", "max_n")})
    assert Limits.of(resolution.value) == Limits(max_messages=7, max_json_values=7, max_n=7)

import pytest

from dragoman.settings.secrets import mask, mask_inside, redact


def test_mask() -> None:
    assert mask("key") == "***"
    assert mask(["a", "b"]) == ["***", "***"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://user:pass@host/v1", "http://***@host/v1"),
        ({"s3_secret_access_key": "x", "bucket": "b"}, {"s3_secret_access_key": "***", "bucket": "b"}),
        ({"inner": [{"password": "x"}]}, {"inner": [{"password": "***"}]}),
        ({"num_speculative_tokens": 3, "token": "x"}, {"num_speculative_tokens": 3, "token": "***"}),
        ({"awsSecretAccessKey": "x", "tokenizer": "y"}, {"awsSecretAccessKey": "***", "tokenizer": "y"}),
        ({"headers": {"Authorization": "Bearer x"}}, {"headers": {"Authorization": "***"}}),
        ("http://host/v1?api_key=x&more=y", "http://host/v1?api_key=***"),
        (4096, 4096),
    ],
)
def test_mask_inside(value: object, shown: object) -> None:
    assert mask_inside(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("unexpected argument 'tea-pot-key'", "unexpected argument '***'"),
        ("""'{"password": "x y", 'is not JSON""", """'{"password": "*** y", 'is not JSON"""),
        ("--api-key=abc is odd", "--api-key=*** is odd"),
        ("ftp://me@host", "ftp://***@host"),
        ("max_tokens=3", "max_tokens=3"),
    ],
)
def test_redact(text: str, shown: str) -> None:
    assert redact(text, ["tea-pot", "tea-pot-key", "x"]) == shown

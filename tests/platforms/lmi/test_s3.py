import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from dragoman.platforms.lmi import s3
from dragoman.platforms.lmi.s3 import Prefix, S3Error, remote_properties
from tests.buckets import BUCKET, Buckets, refusing, set_all

URL = f"s3://{BUCKET}/llama"


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    with Buckets() as buckets:
        set_all(monkeypatch, buckets.variables)
        yield buckets


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without anything of AWS."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def names(url: str) -> list[str]:
    with closing(Prefix(url, {})) as prefix:
        return [file.name for file in prefix.files()]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, ["adapters/a/x", "config.json"]),
        (f"{URL}/", ["adapters/a/x", "config.json"]),
        (f"{URL}/adapters", ["a/x"]),
        (f"s3://{BUCKET}", ["llama-2/config.json", "llama/adapters/a/x", "llama/config.json"]),
        (f"s3://{BUCKET}/lla", []),
    ],
)
def test_what_is_under_a_prefix(buckets: Buckets, url: str, expected: list[str]) -> None:
    keys = ("llama/config.json", "llama/adapters/", "llama/adapters/a/x", "llama-2/config.json")
    buckets.put(**dict.fromkeys(keys, b"{}"))
    assert names(url) == expected


def test_more_files_than_one_answer_lists(buckets: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    buckets.put(**{f"llama/{number}": b"" for number in range(5)})
    assert names(URL) == list("01234")


def test_files_come_whole_and_byte_by_byte_in_the_count(
    buckets: Buckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_TRANSFERS", TransferConfig(multipart_threshold=1000, multipart_chunksize=300))
    contents = {"empty": b"", "small": b"1", "large": bytes(range(256)) * 5}
    buckets.put(**{f"llama/{name}": content for name, content in contents.items()})
    moved: list[int] = []
    with closing(Prefix(URL, {})) as prefix:
        prefix.download({tmp_path / file.name: file for file in prefix.files()}, moved.append)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == contents
    assert sum(moved) == 1281


def test_properties_in_a_model_directory(buckets: Buckets) -> None:
    assert remote_properties(URL, {}) is None
    buckets.put(**{"llama/serving.properties": b"option.rolling_batch=vllm\n"})
    assert remote_properties(URL, {}) == b"option.rolling_batch=vllm\n"


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AccessDenied", "s3:GetObject"),
        ("InvalidAccessKeyId", "check AWS_ACCESS_KEY_ID"),
        ("ExpiredToken", "have expired"),
        ("NoSuchBucket", "check its name"),
        ("SlowDown", "S3 refuses"),
    ],
)
def test_a_refusal_says_what_to_do(code: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing(code) as (variables, _):
        set_all(monkeypatch, variables)
        with pytest.raises(S3Error, match=rf"^{URL}: .*{advice}.* \(S3 says {code}: said so\)$"):
            names(URL)


def test_a_file_that_may_not_be_read_is_a_refusal(buckets: Buckets, tmp_path: Path) -> None:
    buckets.put(**{"llama/config.json": b"{}"})
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    policy = {"Version": "2012-10-17", "Statement": [denied]}
    buckets.client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    with closing(Prefix(URL, {})) as prefix, pytest.raises(S3Error, match="access is denied"):
        prefix.download({tmp_path / file.name: file for file in prefix.files()}, lambda count: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "variables", "reason"),
    [
        (URL, {}, "there are no AWS credentials; give the worker a role, or set AWS_ACCESS_KEY_ID and"),
        (URL, {"AWS_PROFILE": "nobody"}, r"The config profile \(nobody\) could not be found"),
        (URL, {"AWS_ENDPOINT_URL": "nonsense"}, "Invalid endpoint: nonsense"),
        ("s3:///llama", {}, "this is not the name of a bucket"),
        ("s3://no bucket/llama", {}, "this is not the name of a bucket"),
    ],
)
@pytest.mark.usefixtures("nowhere")
def test_what_cannot_even_be_asked(
    url: str, variables: dict[str, str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, variables)
    with pytest.raises(S3Error, match=rf"^{url}: {reason}"):
        remote_properties(url, {})


def test_the_start_does_not_wait_for_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    class Impatient(Prefix):
        def __init__(self, url: str, environment: Mapping[str, str], config: Config) -> None:
            given.append(config)
            raise S3Error(url)

    monkeypatch.setattr("dragoman.platforms.lmi.s3.Prefix", Impatient)
    with pytest.raises(S3Error):
        remote_properties(URL, {})
    (config,) = given
    assert config.connect_timeout < 1
    assert config.read_timeout < 1
    assert config.retries["total_max_attempts"] == 1


def test_a_server_that_nobody_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing("any") as (variables, _):
        set_all(monkeypatch, variables)
    with pytest.raises(S3Error, match=r"S3 cannot be reached .*check the network, the region \(AWS_REGION\) and"):
        remote_properties(URL, {})


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-3"}, "eu-west-3"),
        ({"AWS_REGION": "eu-west-3", "AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"),
    ],
)
def test_the_region(variables: dict[str, str], region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing("any") as (ours, shown):
        set_all(monkeypatch, {**ours, **variables})
        with pytest.raises(S3Error):
            remote_properties(URL, variables)
    assert f"/{region}/s3/" in shown[0]


def test_who_has_no_url_pays_for_no_client() -> None:
    code = "import sys, dragoman.platforms, dragoman.platforms.lmi.fetching; print('botocore' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "False\n"

"""What is under an s3:// URL, and its files.

Credentials, endpoint and region are found as boto3 finds them. Importing this takes a fifth of a second, which only
who has such a URL shall pay.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from boto3.s3.transfer import (
    ProgressCallbackInvoker,
    S3TransferRetriesExceededError,
    TransferConfig,
    create_transfer_manager,
)
from boto3.session import Session
from botocore import exceptions
from botocore.config import Config

PROPERTIES = "serving.properties"

_STREAMS = 16
# The client in C has threads that outlive the transfers, and a process that forks must have none.
_TRANSFERS = TransferConfig(
    max_concurrency=_STREAMS,
    multipart_threshold=64 * 2**20,
    multipart_chunksize=16 * 2**20,
    preferred_transfer_client="classic",
)
_PATIENT = Config(connect_timeout=10, max_pool_connections=_STREAMS)
# The port opens when this has ended.
_HASTY = Config(connect_timeout=0.7, read_timeout=0.7, retries={"total_max_attempts": 1})

_DENIED = (
    "access is denied; the worker's role or user needs s3:ListBucket for the bucket and s3:GetObject for what is in it"
)
_INVALID = "the credentials are not valid; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
_EXPIRED = "the credentials have expired; give the worker new ones"
_NO_NAME = "this is not the name of a bucket; write s3://bucket/prefix"
_CHANGED = "a file has changed or gone since the worker looked; start it again"
_ADVICE: Mapping[str, str] = {
    "403": _DENIED,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "InvalidAccessKeyId": _INVALID,
    "SignatureDoesNotMatch": _INVALID,
    "InvalidToken": _INVALID,
    "ExpiredToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "NoSuchBucket": "there is no such bucket; check its name",
    "InvalidBucketName": _NO_NAME,
    "404": _CHANGED,
    "PreconditionFailed": _CHANGED,
    "InvalidObjectState": "a file is archived; restore it first",
    "PermanentRedirect": "the bucket is in another region; set AWS_REGION",
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it",
}
_NO_CREDENTIALS = (
    "there are no AWS credentials; give the worker a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)
_CHECK = "check the network, the region (AWS_REGION) and the endpoint (AWS_ENDPOINT_URL_S3)"


class S3Error(ValueError):
    """S3 did not give what it was asked for; the message says why, and what to do."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that S3 has.

    Args:
        key: its key in the bucket.
        name: its path below the prefix.
        size: its size in bytes.
        modified: when it was written.
    """

    key: str
    name: str
    size: int
    modified: datetime


class Prefix:
    """What is under a URL. Every method raises ``S3Error`` where S3 cannot be asked or refuses.

    Args:
        url: ``s3://bucket/prefix``.
        environment: where AWS_REGION stands, which boto3 does not look at, other than the SDKs that DJL Serving uses.
        config: how patient the client is.
    """

    def __init__(self, url: str, environment: Mapping[str, str], config: Config = _PATIENT) -> None:
        self._url = url
        self._bucket, _, path = url.partition("://")[2].partition("/")
        self._prefix = f"{path.rstrip('/')}/" if path else ""
        with self._explained():
            session = Session()
            region = session.region_name or environment.get("AWS_REGION")
            self._client = session.client("s3", region_name=region, config=config)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def files(self) -> list[RemoteFile]:
        """All files under the prefix, however deep; keys that end in a slash are folders."""
        with self._explained():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            listed = [entry for page in pages for entry in page.get("Contents", ())]
        return [self._file(entry) for entry in listed if not entry["Key"].endswith("/")]

    def _file(self, entry: Mapping[str, Any]) -> RemoteFile:
        key = entry["Key"]
        return RemoteFile(key, key.removeprefix(self._prefix), entry["Size"], entry["LastModified"])

    def download(self, files: Mapping[Path, RemoteFile], moved: Callable[[int], None]) -> None:
        """Downloads files in parallel, each whole or not at all; all threads have ended when it returns.

        Args:
            files: what is to be where; the directories are there.
            moved: told by any of the threads how many bytes have come; fewer than none where some come again.

        Raises:
            S3Error: see above.
            OSError: a file cannot be written.
        """
        # A refusal shows with the first file, so that comes before the hours that the last one takes.
        ordered = sorted(files.items(), key=lambda item: item[1].size)
        with self._explained(), create_transfer_manager(self._client, _TRANSFERS) as transfers:
            subscribers = [ProgressCallbackInvoker(moved)]
            under_way = [
                transfers.download(self._bucket, file.key, str(path), subscribers=subscribers) for path, file in ordered
            ]
            for transfer in under_way:
                transfer.result()

    def read(self, name: str) -> bytes | None:
        """The contents of a small file under the prefix; None where there is none."""
        with self._explained():
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"]
            except self._client.exceptions.NoSuchKey:
                return None
            with body:
                contents: bytes = body.read()
                return contents

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (exceptions.ClientError, exceptions.BotoCoreError, S3TransferRetriesExceededError, ValueError) as error:
            raise S3Error(f"{self._url}: {' '.join(_reason(error).split())}") from error


def remote_properties(url: str, environment: Mapping[str, str]) -> bytes | None:
    """The serving.properties in a model directory on S3; None where it has none.

    Args:
        url: ``s3://bucket/prefix`` of the directory.
        environment: the worker's.

    Raises:
        S3Error: S3 does not answer within about a second, or refuses; a ValueError.
    """
    with closing(Prefix(url, environment, _HASTY)) as prefix:
        return prefix.read(PROPERTIES)


def _reason(error: Exception) -> str:
    match error:
        case exceptions.ClientError(response={"Error": {"Code": code, **rest}}):
            said = rest.get("Message") or "no more"
            return f"{_ADVICE.get(code, 'S3 refuses')} (S3 says {code}: {said})"
        case exceptions.NoCredentialsError():
            return _NO_CREDENTIALS
        case exceptions.ParamValidationError():
            return _NO_NAME
        case S3TransferRetriesExceededError(last_exception=last):
            return f"the connection to S3 breaks again and again ({last}); {_CHECK}"
        case exceptions.ConnectionError() | exceptions.HTTPClientError():
            return f"S3 cannot be reached ({error}); {_CHECK}"
        case _:
            return str(error)

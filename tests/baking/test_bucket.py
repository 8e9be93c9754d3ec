from pathlib import Path

import pytest

from dragoman.baking.bucket import BucketDelivery
from dragoman.baking.check import problems
from dragoman.errors import EngineStartError
from tests.buckets import BUCKET, Buckets, refusing, set_all

URL = f"s3://{BUCKET}/m"


def test_a_model_on_s3(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    with Buckets() as buckets:
        set_all(monkeypatch, buckets.variables)
        buckets.upload(model, "m")
        baked = BucketDelivery(URL, tmp_path, told.append).bring(lambda name, size: lambda count: None)
    assert baked.directory.parent == tmp_path / "download"
    assert baked.files.keys() == {path.name for path in model.iterdir()}
    assert list(problems([baked])) == []
    assert told[-1].startswith(f"downloading {URL}: ")
    again = BucketDelivery(URL, tmp_path, told.append).bring(lambda name, size: lambda count: None)
    assert again == baked


def test_what_s3_does_not_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing("AccessDenied") as (variables, _):
        set_all(monkeypatch, variables)
        with pytest.raises(EngineStartError, match="access is denied"):
            BucketDelivery(URL, tmp_path, print).bring(lambda name, size: lambda count: None)

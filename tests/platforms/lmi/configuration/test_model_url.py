from pathlib import Path

import pytest

from dragoman.platforms.lmi.configuration.model_url import directory_of, is_remote, name_of, plain, public, refusal


@pytest.mark.parametrize(
    ("url", "directory"),
    [
        ("/opt/ml/model", "/opt/ml/model"),
        ("/opt/ml/model/", "/opt/ml/model"),
        ("models/a#b?c", "models/a#b?c"),
        ("file:///opt/ml/model/", "/opt/ml/model"),
        ("file:/opt/ml/my%20model", "/opt/ml/my model"),
        ("FILE:///m", "/m"),
    ],
)
def test_a_directory(url: str, directory: str) -> None:
    assert directory_of(url) == Path(directory)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "djl://ai.djl.huggingface.pytorch/m",
            "is in DJL's own model zoo, which has nothing for vLLM; name a",
        ),
        ("https://host/m.tar.gz", "is nowhere that models are fetched from; name a directory, a prefix such as s3://"),
        ("workflow.json", "'workflow.json' is a workflow, and this worker serves models only"),
        ("file:///w.YAML", "is a workflow"),
        ("http://[", "Invalid IPv6 URL"),
    ],
)
def test_what_leads_nowhere(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        directory_of(url)


@pytest.mark.parametrize(
    ("url", "remote"), [("s3://b/m", True), ("S3://b", True), ("/s3", False), ("file:///m", False)]
)
def test_what_is_on_s3(url: str, remote: bool) -> None:
    assert is_remote(url) is remote


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("/opt/ml/model", "model"),
        ("/opt/ml/model/", "model"),
        ("/models/Llama-2-7b.hf", "Llama_2_7b_hf"),
        ("/models/_m", "_m"),
        ("/models/m\u00e9", "m_"),
        ("s3://bucket/a/my-model/", "my_model"),
        ("s3://bucket", "bucket"),
        ("/", "model"),
        ("/models/None", "model"),
    ],
)
def test_the_name_of_a_place(place: str, name: str) -> None:
    assert name_of(place) == name


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/my-model/", "s3://bucket/my-model/"),
        ("s3://key:secret@bucket", "s3://bucket"),
        ("s3://key:secret@bucket/m?X-Amz-Signature=secret#x", "s3://bucket/m"),
    ],
)
def test_what_anybody_may_see(url: str, shown: str) -> None:
    assert public(url) == shown


@pytest.mark.parametrize("place", ["org/m", "/opt/ml/model", "s3://b/m", "s3://key:secret@b/m", "gs://b/m", "a.json"])
def test_what_may_lead_to_a_model(place: str) -> None:
    assert refusal(place) is None


def test_the_name_of_a_model_on_the_hub() -> None:
    assert plain("meta-llama/Llama-2-7b") == "meta_llama_Llama_2_7b"

import json
from pathlib import Path

from huggingface_hub import HfApi

from dragoman.downloads.checksums import Kind
from dragoman.downloads.listing import listed
from dragoman.downloads.repositories import Repository
from tests.hub import COMMIT, NAME, Hub


def test_what_vllm_will_read_and_what_it_has_to_be(hub: Hub, tmp_path: Path) -> None:
    listing = listed(HfApi(), Repository(NAME, None, tmp_path, load_format="auto"))
    assert listing.commit == COMMIT
    found = {file.name: (file.size, file.checksum and file.checksum.kind) for file in listing.files}
    assert found == {
        "config.json": (10, Kind.GIT),
        "tokenizer.json": (50_000, Kind.GIT),
        "model.safetensors": (500_000, Kind.SHA256),
    }


def test_weights_that_the_index_does_not_name_are_left_out(hub: Hub, tmp_path: Path) -> None:
    index = {"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}
    hub.files |= {"model.safetensors.index.json": json.dumps(index).encode(), "1.safetensors": b"1"}
    hub.files |= {"2.safetensors": b"2", "modeling.py": b"", "chat_template.jinja": b"", "original/x.pth": b""}
    names = {file.name for file in listed(HfApi(), Repository(NAME, None, tmp_path, load_format="auto")).files}
    kept = {"config.json", "tokenizer.json", "modeling.py", "chat_template.jinja", "model.safetensors.index.json"}
    assert names == {*kept, "1.safetensors", "2.safetensors"}

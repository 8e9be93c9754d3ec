import json
import os
from pathlib import Path

import pytest

from dragoman.planning.headers import Tensor, tensors


def write(file: Path, header: object, behind: int = 0) -> Path:
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(behind))
    return file


def test_the_tensors_of_a_file(tmp_path: Path) -> None:
    header = {
        "__metadata__": {"format": "pt"},
        "w": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]},
        "scalar": {"dtype": "F32", "shape": [], "data_offsets": [12, 16]},
    }
    found = list(tensors(write(tmp_path / "model.safetensors", header, behind=16)))
    assert found == [Tensor("w", "BF16", (2, 3)), Tensor("scalar", "F32", ())]
    assert [tensor.elements for tensor in found] == [6, 1]


@pytest.mark.parametrize("shape", [["x"], [1.5], None, 7, [-1], [[2]], [True]])
def test_a_tensor_without_a_shape(tmp_path: Path, shape: object) -> None:
    file = write(
        tmp_path / "model.safetensors", {"w": {"dtype": "F32", "shape": shape, "data_offsets": [0, 4]}}, behind=4
    )
    with pytest.raises((ValueError, TypeError)):
        list(tensors(file))


def test_a_tensor_that_is_too_large_for_any_machine(tmp_path: Path) -> None:
    file = write(tmp_path / "model.safetensors", {"w": {"dtype": "F32", "shape": [10**18] * 40}})
    with pytest.raises(ValueError, match="no tensor has"):
        list(tensors(file))


def test_a_file_that_ends_before_its_tensors_do(tmp_path: Path) -> None:
    header = {"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    assert list(tensors(write(tmp_path / "whole.safetensors", header, behind=16)))
    with pytest.raises(ValueError, match="ends before"):
        list(tensors(write(tmp_path / "short.safetensors", header, behind=15)))


def test_a_header_without_an_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 16)
    with pytest.raises(ValueError, match="no header"):
        list(tensors(tmp_path / "model.safetensors"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="no file"):
        list(tensors(tmp_path / "model.safetensors"))

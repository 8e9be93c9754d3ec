from dataclasses import replace

import pytest

from dragoman.planning.cache import Capacity, Pool, Sheet, aligned_block, capacity, pool
from dragoman.planning.cells import bytes_of_token
from dragoman.planning.configuration import UntoldError
from dragoman.planning.geometry import Geometry
from dragoman.planning.layers import Attention, Latent, Layer, Mamba2
from dragoman.planning.terms import Terms

GIB = 2**30
GPU = Terms(dtype="bfloat16", state_dtype="bfloat16", recurrence_dtype="bfloat16", in_flight=16384)
CPU = replace(GPU, block=128, kernel=32, in_flight=2048)
FULL, WINDOW = Attention(8, 128, 128), Attention(8, 128, 128, 1024)
STATE = Mamba2(3072, 1, 48, 64, 128, 4)


def laid(*layers: Layer, terms: Terms = GPU, length: int = 8192, heads: int = 32) -> Pool:
    return pool(Geometry(layers, heads), terms, length)


def test_a_model_of_one_kind_has_one_group() -> None:
    found = laid(*[FULL] * 32)
    assert found.bytes_per_block == 32 * 16 * 4096
    assert found.groups == (Sheet(16 * 4096, 16),)
    assert found.blocks(8192) == 512
    assert found.blocks(8193) == 513


def test_what_vllm_says_of_llama_3_8b_on_54_gib() -> None:
    assert capacity(laid(*[FULL] * 32), 54 * GIB, 8192) == Capacity(27648, 54.0, 442368)


def test_windows_are_groups_of_their_own() -> None:
    found = laid(*[WINDOW] * 20, *[FULL] * 4)
    assert found.bytes_per_block == 4 * 16 * 4096
    assert len(found.groups) == 6
    # The whole request in one group, and in the others what is under way beside the window, and a block more.
    assert found.blocks(131072) == 8192 + 5 * (-(-(1023 + 16384) // 16) + 1)


def test_windows_are_kept_whole_where_one_table_is_asked_for() -> None:
    found = laid(*[WINDOW] * 20, *[FULL] * 4, terms=replace(GPU, is_uniform=True))
    assert found.groups == (Sheet(16 * 4096, 16),)
    assert found.bytes_per_block == 24 * 16 * 4096


@pytest.mark.parametrize(("windows", "groups"), [(13, 2), (17, 3), (18, 3), (25, 4)])
def test_groups_are_as_large_as_the_smallest_kind_unless_that_is_hardly_smaller(windows: int, groups: int) -> None:
    largest = 13 if windows == 13 else 12 if windows >= 18 else windows
    found = laid(*[WINDOW] * windows, *[FULL] * 12)
    assert len(found.groups) == (2 if windows < 18 else groups)
    assert found.bytes_per_block == largest * 16 * 4096


def test_a_state_makes_blocks_as_large_as_its_page() -> None:
    geometry = Geometry((STATE, STATE, FULL), 32)
    page = 2 * ((3072 + 256) * 3 + 48 * 64 * 128)
    assert aligned_block(geometry, GPU) == 16 * -(-page // (16 * 4096))
    found = pool(geometry, GPU, 8192)
    assert found.bytes_per_block == aligned_block(geometry, GPU) * 4096
    # Two states and one for prefixes, in each of the two groups of states.
    assert found.blocks(8192) == -(-8192 // aligned_block(geometry, GPU)) + 2 * 3


def test_without_prefixes_a_sequence_has_one_state() -> None:
    found = laid(STATE, STATE, FULL, terms=replace(GPU, caches_prefixes=False))
    assert [group.states for group in found.groups] == [1, 1, 0]


def test_states_alone_have_their_own_page() -> None:
    found = laid(STATE, STATE, terms=replace(GPU, caches_prefixes=False))
    assert found.bytes_per_block == 2 * 2 * ((3072 + 256) * 3 + 48 * 64 * 128)
    assert found.blocks(8192) == found.blocks(1) == 1


def test_layers_with_other_heads_get_longer_blocks() -> None:
    found = laid(*[WINDOW] * 2, *[Attention(4, 128, 128)] * 2)
    assert {(group.page, group.block) for group in found.groups} == {(16 * 4096, 16), (16 * 4096, 32)}


def test_full_attention_with_other_heads_shares_one_table() -> None:
    found = laid(FULL, Attention(4, 128, 128))
    assert len(found.groups) == 1
    assert found.bytes_per_block == 16 * (4096 + 2048)


def test_a_latent_beside_a_window_is_not_known() -> None:
    with pytest.raises(UntoldError):
        laid(Latent(512, 64), WINDOW)


def test_a_latent_is_on_every_gpu() -> None:
    assert laid(*[Latent(512, 64)] * 61, terms=replace(GPU, degree=8)).bytes_per_block == 61 * 16 * 576 * 2


def test_kv_heads_are_shared_and_copied_where_there_are_too_few() -> None:
    pages = [laid(FULL, terms=replace(GPU, degree=degree)).bytes_per_block for degree in (1, 2, 8, 16)]
    assert pages == [65536, 32768, 8192, 8192]


def test_stages_share_the_layers() -> None:
    assert laid(*[FULL] * 33, terms=replace(GPU, stages=2)).bytes_per_block == 17 * 65536


def test_blocks_of_a_cpu_are_longer() -> None:
    assert laid(FULL, terms=CPU).block == 128
    assert laid(WINDOW, terms=replace(CPU, block=16)).block == 32


def test_the_longest_request_leaves_one_block_empty() -> None:
    found = laid(FULL)
    assert found.longest(10 * found.bytes_per_block, 8192) == 9 * 16
    assert found.longest(2**40, 8192) == 8192
    assert found.longest(found.bytes_per_block, 8192) == 0


def test_nothing_is_kept_without_layers() -> None:
    assert laid() == Pool(0, (), GPU.in_flight)
    assert laid().bytes(8192) == 0


@pytest.mark.parametrize(
    ("dtype", "cell"),
    [
        ("auto", 512),
        ("fp8", 256),
        ("fp8_e5m2", 256),
        ("float16", 512),
        ("int8_per_token_head", 264),
        ("int4_per_token_head", 136),
        ("nvfp4", 144),
    ],
)
def test_a_token_in_one_head(dtype: str, cell: int) -> None:
    assert bytes_of_token(Attention(1, 128, 128), replace(GPU, cache_dtype=dtype)) == cell


def test_packed_latents_have_a_size_of_their_own() -> None:
    assert bytes_of_token(Latent(512, 64), replace(GPU, cache_dtype="fp8_ds_mla")) == 656


def test_a_type_that_is_not_known() -> None:
    with pytest.raises(UntoldError, match="turboquant_4bit_nc"):
        bytes_of_token(FULL, replace(GPU, cache_dtype="turboquant_4bit_nc"))

import pytest

from dragoman.settings.retired.values import turn
from dragoman.settings.worker import load_catalogue
from tests.settings.resolutions import on_plain

CATALOGUE = load_catalogue(["plain"])


@pytest.mark.parametrize(
    ("name", "raw", "turned"),
    [
        ("tokenizer_mode", "slow", "hf"),
        ("tokenizer_mode", " SLOW ", "hf"),
        ("lora_dtype", "float32", "auto"),
        ("max_lora_rank", "24", 32),
        ("max_lora_rank", 2, 8),
        ("limit_mm_per_prompt", "image=1,video=0", {"image": 1, "video": 0}),
        ("limit_mm_per_prompt", " image = 2 ", {"image": 2}),
    ],
)
def test_what_a_dropped_value_became(name: str, raw: object, turned: object) -> None:
    value, told = turn(CATALOGUE[name], raw)
    assert value == turned
    assert told == f"vLLM does not take {raw!r}; it became {turned!r}"


@pytest.mark.parametrize(
    ("name", "raw", "turned"),
    [
        ("quantization", "AWQ", "awq"),
        ("lora_modules", ['[{"name": "a", "path": "b"}]', "c=d"], [{"name": "a", "path": "b"}, "c=d"]),
        ("tokenizer_mode", "mistral", "mistral"),
        ("max_lora_rank", "64", "64"),
        ("max_lora_rank", "1024", "1024"),
        ("max_lora_rank", "0", "0"),
        ("max_lora_rank", "many", "many"),
        ("limit_mm_per_prompt", '{"image": 1}', '{"image": 1}'),
        ("limit_mm_per_prompt", "image=1,", "image=1,"),
        ("limit_mm_per_prompt", {"image": 1}, {"image": 1}),
        ("seed", "slow", "slow"),
    ],
)
def test_what_nobody_needs_to_know(name: str, raw: object, turned: object) -> None:
    assert turn(CATALOGUE[name], raw) == (turned, None)


def test_one_warning() -> None:
    resolution = on_plain({"TOKENIZER_MODE": "slow", "LORA_DTYPE": "auto"}, "--lora-dtype", "bfloat16")
    assert resolution.warnings == (
        "tokenizer_mode: vLLM does not take 'slow'; it became 'hf' (variable TOKENIZER_MODE)",
    )


def test_what_is_overridden_says_nothing() -> None:
    assert on_plain({"TOKENIZER_MODE": "slow"}, "--tokenizer-mode", "hf").warnings == ()

import pytest

from dragoman.platforms.lmi.generation.payloads import PayloadError
from dragoman.platforms.lmi.generation.prompts import prompts_of


@pytest.mark.parametrize(
    ("inputs", "prompts", "batched"),
    [
        ("Hi", ("Hi",), False),
        ([5, 6], ([5, 6],), False),
        (["Hi"], ("Hi",), True),
        (["Hi", "Bye"], ("Hi", "Bye"), True),
        ([[5, 6], [7]], ([5, 6], [7]), True),
    ],
)
def test_a_list_of_prompts_is_a_batch_and_one_of_tokens_is_a_prompt(
    inputs: object, prompts: tuple[object, ...], batched: bool
) -> None:
    assert prompts_of(inputs) == (prompts, batched)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ("", "and not empty"),
        ([], "and not empty"),
        (["Hi"] * 1025, "more than 1024 inputs"),
        ([[5]] * 1025, "more than 1024 inputs"),
        (["Hi", ""], "and not empty"),
        (5, "inputs must be a string"),
        ({"text": "Hi"}, "inputs must be a string"),
        (["Hi", 5], "a list of strings, or a list of token ids"),
        ([[5], "Hi"], "a list of strings"),
        ([[5], []], "a list of strings"),
        ([5, True], "a list of token ids"),
        ([5.5], "a list of token ids"),
    ],
)
def test_anything_else_is_refused(inputs: object, says: str) -> None:
    with pytest.raises(PayloadError, match=says):
        prompts_of(inputs)


@pytest.mark.parametrize(("inputs", "count"), [(["Hi"] * 1024, 1024), ([5] * 1025, 1)])
def test_there_may_be_many(inputs: list[object], count: int) -> None:
    assert len(prompts_of(inputs)[0]) == count

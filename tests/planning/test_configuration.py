import pytest

from dragoman.planning.configuration import Configuration, model_types
from tests.planning.configs import GEMMA_3_4B, GPT_2, LLAMA_3_8B


def test_a_type_of_model_may_have_names_of_its_own() -> None:
    configuration = Configuration(GPT_2)
    assert configuration.count("num_hidden_layers") == 12
    assert configuration.count("hidden_size") == 768


def test_what_is_left_out_is_the_types_default() -> None:
    assert Configuration(GEMMA_3_4B).get("num_attention_heads") == 8
    assert Configuration(GEMMA_3_4B).get("head_dim") == 256


def test_what_is_null_stays_null() -> None:
    assert Configuration({"model_type": "mistral"}).get("sliding_window") == 4096
    assert Configuration({"model_type": "mistral", "sliding_window": None}).get("sliding_window") is None


def test_the_part_that_writes_counts() -> None:
    configuration = Configuration(GEMMA_3_4B)
    assert configuration.model_type == "gemma3_text"
    assert configuration.count("num_hidden_layers") == 34
    assert configuration.anywhere("torch_dtype") == "bfloat16"
    assert configuration.architectures == ("Gemma3ForConditionalGeneration",)


def test_a_part_without_a_type_has_the_one_that_its_whole_says() -> None:
    part = {key: value for key, value in GEMMA_3_4B["text_config"].items() if key != "model_type"}
    assert Configuration({**GEMMA_3_4B, "text_config": part}).model_type == "gemma3_text"


@pytest.mark.parametrize("number", [0, -1, "12", 1.5, True, [4]])
def test_what_is_no_number_of_things(number: object) -> None:
    with pytest.raises(ValueError, match="num_hidden_layers"):
        Configuration({**LLAMA_3_8B, "num_hidden_layers": number}).count("num_hidden_layers")


def test_what_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"config\.json has no num_hidden_layers"):
        Configuration({}).count("num_hidden_layers")


def test_the_types_are_many() -> None:
    assert {"llama", "gemma3_text", "deepseek_v3", "jamba", "bert", "gpt2"} <= model_types().keys()

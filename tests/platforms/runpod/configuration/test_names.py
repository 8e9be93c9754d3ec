from tests.settings.resolutions import find, on_runpod

OVERRIDE = {"OPENAI_SERVED_MODEL_NAME_OVERRIDE": "gpt"}


def test_the_override_says_where_it_comes_from() -> None:
    setting = find(on_runpod({**OVERRIDE, "SERVED_MODEL_NAME": "a"}), "served_model_name")
    assert (setting.value, setting.source) == (["gpt", "a", "org/m"], "variable OPENAI_SERVED_MODEL_NAME_OVERRIDE")
    assert setting.overridden == ((["a"], "variable SERVED_MODEL_NAME"),)


def test_the_command_line_wins() -> None:
    assert on_runpod(OVERRIDE, "--served-model-name", "mine").value("served_model_name") == ["mine"]


def test_a_name_twice() -> None:
    environment = {"OPENAI_SERVED_MODEL_NAME_OVERRIDE": "org/m"}
    assert on_runpod(environment).value("served_model_name") == ["org/m"]


def test_no_model() -> None:
    environment = {**OVERRIDE, "MODEL_NAME": "", "VLLM_BASE_URL": "http://host"}
    assert on_runpod(environment).value("served_model_name") == ["gpt"]

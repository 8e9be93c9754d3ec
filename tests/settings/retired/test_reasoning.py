from tests.settings.resolutions import on_plain


def test_the_parser_is_enough() -> None:
    resolution = on_plain({"ENABLE_REASONING": "true", "REASONING_PARSER": "qwen3"})
    assert resolution.engine_args == ("--model", "org/m", "--reasoning-parser", "qwen3")
    (warning,) = resolution.warnings
    assert warning.startswith("enable_reasoning True (variable ENABLE_REASONING) is ignored")


def test_the_parser_is_missing() -> None:
    assert on_plain({"ENABLE_REASONING": "true"}).errors == (
        "enable_reasoning True (variable ENABLE_REASONING) needs reasoning_parser, such as deepseek_r1 or qwen3",
    )


def test_off() -> None:
    resolution = on_plain({"ENABLE_REASONING": "false"})
    assert resolution.warnings == resolution.errors == ()

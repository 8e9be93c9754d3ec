from tests.settings.resolutions import find, on_plain


def test_the_adapter_of_qlora() -> None:
    resolution = on_plain({"QLORA_ADAPTER_NAME_OR_PATH": "org/q"})
    assert resolution.engine_args == (
        *("--model", "org/m"),
        *("--lora-modules", '{"name": "qlora", "path": "org/q"}'),
        "--enable-lora",
    )
    assert len(resolution.warnings) == 1


def test_beside_others() -> None:
    modules = find(on_plain({"QLORA_ADAPTER_NAME_OR_PATH": "org/q", "LORA_MODULES": "a=org/a"}), "lora_modules")
    assert modules.value == [{"name": "a", "path": "org/a"}, {"name": "qlora", "path": "org/q"}]

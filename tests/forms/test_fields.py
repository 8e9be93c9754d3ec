import pytest

from dragoman.forms.fields import Field, field_of
from dragoman.settings.catalogue import Setting
from dragoman.settings.values import Value

COUNT = Setting(name="count", type="int", default=300, bounds={"ge": 1, "le": 999}, help="How many.")
FLOOR = Setting(name="floor", type="int", bounds={"gt": 0}, use="engine")
RATIO = Setting(name="ratio", type="float", default=3.0)
SHARE = Setting(name="share", type="float", default=0.92, bounds={"gt": 0}, use="engine", help="How much")
SWITCH = Setting(name="switch", type="bool", kind="paired", default=False, use="engine")
OPEN = Setting(name="open", type="bool", kind="paired", default=None, use="engine")
KIND = Setting(name="kind", choices=("auto", "half"), default="auto", use="engine")
STYLE = Setting(name="style", choices=("old", "new"), default="old")
PARSER = Setting(name="parser", known=("one", "two"), use="engine")
NAMES = Setting(name="names", type="int", kind="list", use="engine")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (COUNT, ("number", 300, (), "", 1, 999)),
        (FLOOR, ("number", "", (), "", 1, None)),
        (RATIO, ("number", 3, (), "", None, None)),
        (SHARE, ("number", "", (), "0.92", None, None)),
        (SWITCH, ("toggle", False, (), "", None, None)),
        (OPEN, ("select", "", ("", "true", "false"), "", None, None)),
        (KIND, ("select", "", ("", "auto", "half"), "auto", None, None)),
        (STYLE, ("select", "old", ("old", "new"), "", None, None)),
        (PARSER, ("select", "", ("", "one", "two"), "", None, None)),
        (NAMES, ("text", "", (), "", None, None)),
    ],
    ids=lambda value: value.name if isinstance(value, Setting) else "",
)
def test_entries(setting: Setting, expected: tuple[Value, ...]) -> None:
    field = field_of(setting, "ANY")
    assert expected == (field.input, field.value, field.options, field.default, field.minimum, field.maximum)


def test_what_the_worker_decides_starts_empty() -> None:
    field = field_of(SWITCH, "SWITCH", "true with a compiler")
    assert (field.input, field.value, field.options) == ("select", "", ("", "true", "false"))
    assert field.default == "true with a compiler"


@pytest.mark.parametrize(
    ("setting", "default", "description"),
    [(COUNT, "", "How many."), (SHARE, "", "How much. Default: 0.92."), (SHARE, "all", "How much. Default: all.")],
)
def test_descriptions(setting: Setting, default: str, description: str) -> None:
    assert field_of(setting, "ANY", default).description == description


@pytest.mark.parametrize(
    ("variable", "title"),
    [
        ("MAX_MODEL_LEN", "Max Model Len"),
        ("GPU_MEMORY_UTILIZATION", "GPU Memory Utilization"),
        ("MAX_LORAS", "Max LoRAs"),
        ("RAW_OPENAI_OUTPUT", "Raw OpenAI Output"),
        ("BATCH_MAX_DELAY_MS", "Batch Max Delay (ms)"),
    ],
)
def test_titles(variable: str, title: str) -> None:
    assert Field(variable=variable, help="").title == title

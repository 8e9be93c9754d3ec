from io import StringIO

from rich.console import Console

from dragoman.baking.meters import meters


def shown(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_log_has_lines() -> None:
    console = Console(file=StringIO())
    with meters("copying", "org/m", 2, 2000, console) as meter:
        meter("a", 500)(500)
        meter("b", 1500)(1500)
    assert shown(console).splitlines() == [
        "copying org/m, 2 files: 0.0 of 2.0 kB (0 %)",
        "copying org/m, 2 files: 2.0 of 2.0 kB (100 %)",
    ]


def test_a_terminal_has_a_bar_for_all_and_one_for_each_file_on_its_way() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=120)
    with meters("copying", "org/m", 2, 2000, console) as meter:
        first, second = meter("a.safetensors", 500), meter("b.safetensors", 1500)
        first(500)
        second(1000)
    last = shown(console).rpartition("org/m: ")[2]
    assert last.startswith("1 of 2 files")
    assert "1.5/2.0 kB" in last
    assert "b.safetensors" in last
    assert "a.safetensors" not in last


def test_a_file_that_comes_again_is_not_there_yet() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=120)
    with meters("copying", "org/m", 1, 500, console) as meter:
        moved = meter("a", 500)
        moved(500)
        moved(-500)
    assert "org/m: 0 of 1 file" in shown(console).rpartition("\n")[0][-400:]

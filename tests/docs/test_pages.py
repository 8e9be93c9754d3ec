import pytest

from tests.docs.pages import Command, commands


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("```sh\nls\npwd\n```", [Command("ls", 2), Command("pwd", 3)]),
        ("```sh\nls\n```\n\n```text\nREADME.md\n```", [Command("ls", 2, "README.md\n")]),
        ("```sh\nls\n```\n\nIt shows:\n\n```text\nREADME.md\n```", [Command("ls", 2)]),
        ("```sh\n$ ls\nREADME.md\n$ pwd\n/\n```", [Command("ls", 2, "README.md"), Command("pwd", 4, "/")]),
        ("```sh\ncurl a \\\n    -d '{\n  1}'\nls\n```", [Command("curl a \\\n    -d '{\n  1}'", 2), Command("ls", 5)]),
        ("```sh\n$ curl a -d '{\n  1}'\n2\n```", [Command("curl a -d '{\n  1}'", 2, "2")]),
        ("```sh\ncat > a <<'END'\nb c\nEND\n```", [Command("cat > a <<'END'\nb c\nEND", 2)]),
        ("1. First:\n\n    ```sh\n    ls\n    ```", [Command("ls", 4)]),
        ("```text\nls\n```\n```python\nls\n```\n```\nls\n```", []),
    ],
)
def test_commands(markdown: str, expected: list[Command]) -> None:
    assert list(commands(markdown)) == expected


def test_half_a_command_is_an_error() -> None:
    with pytest.raises(AssertionError, match="no whole command"):
        list(commands("```sh\necho 'a\n```"))

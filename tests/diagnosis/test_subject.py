import pytest

from tests.diagnosis.subjects import subject


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["--port", "0"], "dragoman serve --gpus 0 --port 0 --seed 3"),
        (
            ["--api-key", "sesame-sesame", "--port", "0"],
            'DRAGOMAN_API_KEY="${DRAGOMAN_API_KEY:?}" dragoman serve --gpus 0 --port 0 --seed 3',
        ),
        (["--api-key=abc", "def"], 'DRAGOMAN_API_KEY="${DRAGOMAN_API_KEY:?}" dragoman serve --gpus 0 def --seed 3'),
        (["--hf-token", "hf_secret"], 'HF_TOKEN="${HF_TOKEN:?}" dragoman serve --gpus 0 --seed 3'),
        (["--engine-url", "http://me:word@host"], ""),
    ],
)
def test_commands_repeat_no_secrets(arguments: list[str], command: str) -> None:
    assert subject(*arguments).command("serve", "--seed", "3") == command

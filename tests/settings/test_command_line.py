import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.settings.command_line import looks_like_flag, read_command_line
from dragoman.settings.worker import load_catalogue

CATALOGUE = load_catalogue(["plain"])


def read(*tokens: str) -> list[tuple[str, object]]:
    reading = read_command_line(tokens, CATALOGUE, "command line")
    assert reading.errors == ()
    return [(assignment.name, assignment.raw) for assignment in reading.assignments]


def errors(*tokens: str) -> tuple[str, ...]:
    return read_command_line(tokens, CATALOGUE, "command line").errors


@pytest.mark.parametrize(
    ("tokens", "assignments"),
    [
        (["--max-model-len", "8k"], [("max_model_len", "8k")]),
        (["--max-model-len=8k"], [("max_model_len", "8k")]),
        (["--max_model_len=8k"], [("max_model_len", "8k")]),
        (["--max-model-len=-1"], [("max_model_len", "-1")]),
        (["--max-model-len", "-1"], [("max_model_len", "-1")]),
        (["--watermark", "-.5"], [("watermark", "-.5")]),
        (["-tp", "2"], [("tensor_parallel_size", "2")]),
        (["-tp=2"], [("tensor_parallel_size", "2")]),
        (["-q", "awq"], [("quantization", "awq")]),
        (["-O3"], [("optimization_level", "3")]),
        (["-O=3"], [("optimization_level", "3")]),
        (["-O", "3"], [("optimization_level", "3")]),
        (["--enforce-eager"], [("enforce_eager", True)]),
        (["--no-enforce-eager"], [("enforce_eager", False)]),
        (["--enforce-eager=false"], [("enforce_eager", False)]),
        (["--enforce-eager", "true"], [("enforce_eager", True)]),
        (["--no-enforce-eager", "true"], [("enforce_eager", False)]),
        (["--disable-log-stats", "org/model"], [("disable_log_stats", True), ("model", "org/model")]),
        (["--chat-template={{ a=b }}"], [("chat_template", "{{ a=b }}")]),
        (["--chat-template", "-- {{ x }}"], [("chat_template", "-- {{ x }}")]),
        (["--root-path="], [("root_path", "")]),
        (
            ["--served-model-name", "a", "b", "-tp", "2"],
            [("served_model_name", ["a", "b"]), ("tensor_parallel_size", "2")],
        ),
        (["--served-model-name=a,b"], [("served_model_name", ["a,b"])]),
        (["--middleware", "a.b", "--middleware", "c.d"], [("middleware", ["a.b", "c.d"])]),
        (["--hf-token"], [("hf_token", True)]),
        (["--hf-token", "abc"], [("hf_token", "abc")]),
        (["--hf-overrides.a.b", "1"], [("hf_overrides", {"a": {"b": 1}})]),
        (["--hf_overrides.a_b=x", "--hf-overrides.c", "4k"], [("hf_overrides", {"a_b": "x", "c": 4000})]),
        (["-cc.mode=3", "-cc.custom_ops+", "a,b"], [("compilation_config", {"mode": 3, "custom_ops": ["a", "b"]})]),
        (["-cc.custom_ops+=a", "-cc.custom_ops+=b"], [("compilation_config", {"custom_ops": ["a", "b"]})]),
        (["org/model"], [("model", "org/model")]),
        (["--model", "a", "b"], [("model", "a"), ("model", "b")]),
        (["b", "--model", "a"], [("model", "a"), ("model", "b")]),
        (["--", "-strange"], [("model", "-strange")]),
        (["--grace-period", "5"], [("grace_period", "5")]),
        ([], []),
    ],
)
def test_spellings(tokens: list[str], assignments: list[tuple[str, object]]) -> None:
    assert read(*tokens) == assignments


@pytest.mark.parametrize(
    ("tokens", "error"),
    [
        (
            ["--max-modle-len", "8k", "more"],
            "--max-modle-len is not a flag of the worker or of vLLM; did you mean --max-model-len? (command line)",
        ),
        (["--max-model-le=8k"], "did you mean --max-model-len?"),
        (["-xyz"], "-xyz is not a flag of the worker or of vLLM"),
        (["--zzzzzzzzzzzzzzzz"], "--zzzzzzzzzzzzzzzz is not a flag of the worker or of vLLM (command line)"),
        (["--max-model-len"], "--max-model-len needs a value"),
        (["--max-model-len", "--enforce-eager"], "--max-model-len needs a value"),
        (["--served-model-name"], "--served-model-name needs a value"),
        (["--hf-overrides.a"], "--hf-overrides.a needs a value"),
        (["--max-model-len.a", "1"], "--max-model-len takes a value, not keys such as .a"),
        (["--enforce-eager", "--no-enforce-eager"], "--enforce-eager is given both on and off"),
        (["--enforce-eager", "--enforce-eager=no"], "--enforce-eager is given both on and off"),
        (["--enforce-eager=maybe"], "--enforce-eager: 'maybe' is not a boolean"),
        (["a", "b"], "unexpected argument 'b': the model is 'a' already (command line)"),
    ],
)
def test_mistakes(tokens: list[str], error: str) -> None:
    (problem,) = errors(*tokens)
    assert error in problem


def test_all_mistakes_are_reported() -> None:
    assert len(errors("--nonsense", "--rubbish", "--max-model-len")) == 3


@pytest.mark.parametrize("token", ["-tp", "--x", "-O3", "--x=a b", "-"[:1] + "x"])
def test_flags(token: str) -> None:
    assert looks_like_flag(token)


@pytest.mark.parametrize("token", ["-", "", "a", "-1", "-0.5", "-.5", "- item", "{-}"])
def test_values(token: str) -> None:
    assert not looks_like_flag(token)


@settings(deadline=None)
@given(st.lists(st.text() | st.sampled_from([*CATALOGUE.flags, "--hf-overrides.a", "-O", "--"])))
def test_any_tokens_can_be_read(tokens: list[str]) -> None:
    for assignment in read_command_line(tokens, CATALOGUE, "command line").assignments:
        assert assignment.name in CATALOGUE

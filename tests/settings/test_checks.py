from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.platforms import resolve
from dragoman.settings import checks
from dragoman.settings.assignments import Settled
from dragoman.settings.view import View
from dragoman.settings.worker import load_catalogue

CATALOGUE = load_catalogue(["plain"])


def view(values: Mapping[str, object], environment: Mapping[str, str] | None = None) -> View:
    settled = {name: [Settled(CATALOGUE[name].parse(raw), "here")] for name, raw in values.items()}
    return View(CATALOGUE, settled, environment or {})


def errors(values: Mapping[str, object], environment: Mapping[str, str] | None = None) -> list[str]:
    return list(checks.errors(view(values, environment)))


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"max_model_len": "0"}, "max_model_len 0 (here) is no length"),
        ({"enable_log_outputs": True}, "enable_log_outputs True (here) needs enable_log_requests as well"),
        ({"enable_auto_tool_choice": True}, "enable_auto_tool_choice True (here) needs tool_call_parser as well"),
        ({"enable_eplb": True}, "enable_eplb True (here) needs enable_expert_parallel as well"),
        (
            {"enable_per_request_metrics": True, "disable_log_stats": True},
            "enable_per_request_metrics True (here) contradicts disable_log_stats True (here)",
        ),
        (
            {"max_num_batched_tokens": 8, "max_num_seqs": 16},
            "max_num_seqs 16 (here) is more than max_num_batched_tokens 8 (here)",
        ),
        (
            {"max_num_batched_tokens": 8, "max_model_len": 16, "enable_chunked_prefill": False},
            "max_num_batched_tokens 8 (here) is less than max_model_len 16 (here), and enable_chunked_prefill False",
        ),
        ({"max_cpu_loras": 1, "max_loras": 2}, "max_loras 2 (here) is more than max_cpu_loras 1 (here)"),
        ({"eplb_config": '{"num_redundant_experts": 2}'}, "has redundant experts, which need enable_eplb"),
        ({"ray_workers_use_nsight": True}, "needs distributed_executor_backend ray"),
        ({"spec_tokens": 3, "speculative_config": '{"num_speculative_tokens": 2}'}, "contradicts"),
        (
            {"tool_call_parser": "hermse"},
            "tool_call_parser 'hermse' (here) is not one that vLLM has; did you mean hermes?",
        ),
        (
            {"reasoning_parser": "nonsense"},
            "reasoning_parser 'nonsense' (here) is not one that vLLM has; there are cohere",
        ),
        (
            {"structured_outputs_config": '{"disable_any_whitespace": true}'},
            "disable_any_whitespace needs the backend xgrammar or guidance",
        ),
        (
            {"structured_outputs_config": '{"backend": "xgrammar", "disable_additional_properties": true}'},
            "disable_additional_properties needs the backend guidance",
        ),
        (
            {"structured_outputs_config": '{"backend": "xgrammer"}'},
            "'xgrammer' is no backend; there are auto, xgrammar, guidance, outlines, lm-format-enforcer",
        ),
        ({"speculative_config": '{"method": "n-gram"}'}, "'n-gram' is no method; there are bailing_hybrid_mtp, "),
        ({"speculative_config": '{"method": "ngram"}'}, "n-grams need num_speculative_tokens"),
        ({"speculative_config": '{"num_speculative_tokens": 0}'}, "num_speculative_tokens is not at least 1"),
        ({"quantization": "squeezellm"}, "quantization 'squeezellm' (here) is gone: vLLM has dropped"),
        ({"quantization": "bitsandbytes"}, "quantization 'bitsandbytes' (here) is gone: vLLM has dropped"),
        ({"quantization": "gguf"}, "quantization 'gguf' (here) is gone: vLLM has dropped"),
        ({"quantization": "fp_quant"}, "is deprecated in vLLM and needs allow_deprecated_quantization"),
        ({"tokenizer_mode": "slow"}, "tokenizer_mode 'slow' (here) is not one"),
        ({"load_format": "bitsandbytes"}, "load_format 'bitsandbytes' (here) is gone: vLLM has dropped"),
        ({"attention_backend": "flash"}, "attention_backend 'flash' (here) is not one"),
        ({"engine_url": "localhost:8000"}, "engine_url 'localhost:8000' (here) is not an address"),
        ({"engine_url": "http://h:x"}, "is not an address"),
        ({"engine_url": "http://h h:9"}, "is not an address"),
        ({"engine_url": "http://..:9"}, "is not an address"),
        ({"engine_url": "http://h/v1?x=1"}, "is not an address"),
        ({"model": "/nowhere"}, "model '/nowhere' (here) does not exist"),
        ({"tokenizer": "/nowhere"}, "tokenizer '/nowhere' (here) does not exist"),
        ({"chat_template": "{{"}, "chat_template '{{' (here) is not a Jinja template"),
        ({"ssl_certfile": "/nowhere.pem"}, "ssl_certfile '/nowhere.pem' (here) is not a file"),
        ({"ssl_certfile": __file__}, f"ssl_certfile {__file__!r} (here) cannot be used: "),
        ({"hf_overrides": "é"}, "hf_overrides 'é' (here) is not a JSON object"),
        ({"model_loader_extra_config": "bad"}, "model_loader_extra_config 'bad' (here) is not a JSON object"),
        ({"code_dir": "/nowhere"}, "code_dir '/nowhere' (here) is not a directory"),
        (
            {"tensor_parallel_size": 2, "pipeline_parallel_size": 2, "gpus": 3},
            "tensor_parallel_size 2 (here) x pipeline_parallel_size 2 (here) needs 4 GPUs, and there are 3",
        ),
    ],
)
def test_errors(values: Mapping[str, object], error: str) -> None:
    (problem,) = errors(values)
    assert error in problem


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"max_model_len": "auto", "long_prefill_token_threshold": 5},
        {"enable_auto_tool_choice": True, "tool_call_parser": "hermes"},
        {"max_num_batched_tokens": 8, "max_model_len": 16},
        {"speculative_config": '{"method": "suffix"}'},
        {"speculative_config": '{"method": "ngram"}', "spec_tokens": 3},
        {"attention_backend": "flash_attn"},
        {"attention_backend": "auto"},
        {"distributed_executor_backend": "my.own.Executor"},
        {"quantization": "fp_quant", "allow_deprecated_quantization": True},
        {"engine_url": "https://user:pass@host/v1"},
        {"engine_url": "http://[::1]:8000"},
        {"engine_url": "http://10.0.0.1:8000/prefix"},
        {"engine_url": "http://host", "model": "/nowhere"},
        {"tensor_parallel_size": 2, "gpus": 2},
        {"tensor_parallel_size": 2, "gpus": 0},
        {"tensor_parallel_size": 2, "gpus": 1, "nnodes": 2},
        {"eplb_config": '{"num_redundant_experts": 0}'},
    ],
)
def test_no_errors(values: Mapping[str, object]) -> None:
    assert errors(values) == []


@pytest.mark.parametrize("kind", ["tool", "reasoning"])
def test_a_plugin_may_bring_parsers(tmp_path: Path, kind: str) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.touch()
    parser = {"tool": "tool_call_parser", "reasoning": "reasoning_parser"}[kind]
    assert errors({parser: "mine", f"{kind}_parser_plugin": str(plugin)}) == []


def test_gpus_are_counted_where_their_number_matters() -> None:
    (problem,) = errors({"tensor_parallel_size": 2}, {"CUDA_VISIBLE_DEVICES": "0"})
    assert "needs 2 GPUs, and there are 1" in problem


def test_a_key_is_given_before_its_certificate(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.touch()
    assert errors({"ssl_keyfile": str(key)}) == [f"ssl_keyfile '{key}' (here) needs ssl_certfile as well"]


def test_a_broken_template_of_the_model_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "chat_template.jinja").write_text("{{")
    (problem,) = checks.warnings(view({"model": str(tmp_path)}))
    assert problem.startswith(f"the chat template in {tmp_path}/chat_template.jinja is not a Jinja template")
    assert list(checks.warnings(view({"model": str(tmp_path), "chat_template": "{{ x }}"}))) == []


def test_secrets_are_not_cited() -> None:
    assert view({"api_key": ["sesame"]}).cite("api_key") == "api_key *** (here)"


def test_flags_of_vllm_reach_nothing_when_the_engine_runs_elsewhere() -> None:
    (warning,) = resolve(["--engine-url", "http://h:1", "--host", "localhost", "--seed", "7"], {}).warnings

    assert "nothing comes of seed 7 (command line)" in warning

"""Configurations to write: some on each platform."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution
from dragoman.written.target import Written
from dragoman.written.targets import TARGETS
from dragoman.written.writing import write
from tests.settings.resolutions import COMPILER


@dataclass(frozen=True)
class Source:
    """A configuration: a command line, variables, and files in the directory that its platform reads."""

    platform: str
    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    gpus: int | None = 4

    def environment(self) -> dict[str, str]:
        """Return the variables of a machine that has nothing of its own."""
        return {**COMPILER, "HOME": "/nowhere", **self.variables}

    def resolve(self, directory: Path) -> Resolution:
        """Return the settings; files go into the directory."""
        for name, text in self.files.items():
            (directory / name).write_text(text)
        flag = {"lmi": "--model-dir", "datarobot": "--code-dir"}.get(self.platform)
        place = (flag, str(directory)) if flag else ()
        gpus = () if self.gpus is None else ("--gpus", str(self.gpus))
        resolution = resolve(["--platform", self.platform, *gpus, *place, *self.arguments], self.environment())
        assert resolution.errors == ()
        return resolution

    def write(self, target: str, directory: Path) -> Written:
        """Write it for a target."""
        return write(self.resolve(directory), TARGETS[target], self.environment())


def text(written: Written) -> str:
    """Return the lines of the only text, without comments."""
    (file,) = written.files
    return "".join(line for line in file.text.splitlines(keepends=True) if not line.startswith("#"))


def parameter(name: str, kind: str, value: object) -> dict[str, str]:
    """Return the variable of a runtime parameter of DataRobot's."""
    return {f"MLOPS_RUNTIME_PARAM_{name}": json.dumps({"type": kind, "payload": value})}


def config(*arguments: object) -> dict[str, str]:
    """Return an engine_config.json."""
    return {"engine_config.json": json.dumps({"args": arguments})}


TEMPLATE = "{% for m in messages %}\n<{{ m.role }}>\n{{ m.content + '\\n' }}\n{% endfor %}\n"

SOURCES = {
    "plain": Source("plain", ("org/m",)),
    "the bundled model": Source("plain"),
    "plain with flags": Source(
        "plain",
        (
            *(
                "org/m",
                "-tp",
                "2",
                "--max-model-len",
                "8k",
                "--no-enable-prefix-caching",
                "--served-model-name",
                "a",
                "b",
            ),
            *(
                "--hf-overrides.rope_parameters.rope_type",
                "yarn",
                "--lora-modules",
                "a=org/a",
                '{"name": "b", "path": "c"}',
            ),
            *("--enable-lora", "--grace-period", "7.5", "--max-queue", "12", "--max-body-size", "1M", "--no-ui"),
            *("--allowed-origins", '["https://a.example", "*"]', "--middleware", "a.b", "--middleware", "c.d"),
            *("--disable-log-stats", "--seed", "-3", "--request-timeout", "99", "--gpu-memory-utilization", "0.5"),
        ),
    ),
    "plain with an address": Source("plain", ("org/m", "--host", "::1", "--port", "9000", "--health-port", "9001")),
    "plain with keys": Source("plain", ("org/m",), {"DRAGOMAN_API_KEY": "one,two", "HF_TOKEN": "hf_sesame"}),
    "plain with a login": Source("plain", ("org/m", "--otlp-traces-endpoint", "http://user:sesame@host:4317")),
    "plain with a template": Source("plain", ("org/m", "--chat-template", TEMPLATE)),
    "plain with stages": Source("plain", ("org/m", "-pp", "2", "-tp", "2"), gpus=8),
    "plain with another's engine": Source("plain", ("--engine-url", "http://host:8000")),
    "plain on a CPU": Source("plain", ("org/m",), gpus=0),
    "plain by variables": Source(
        "plain", (), {"MODEL_NAME": "org/m", "MAX_MODEL_LEN": "auto", "VLLM_EXTRA_ARGS": "-O2"}
    ),
    "runpod": Source("runpod", (), {"MODEL_NAME": "org/m"}),
    "runpod with a queue": Source(
        "runpod",
        (),
        {
            "RUNPOD_WEBHOOK_GET_JOB": "http://h/job-take/$ID?gpu=X",
            "MODEL_NAME": "org/m",
            "MODEL_REVISION": "abc",
            "TENSOR_PARALLEL_SIZE": "2",
            "OPENAI_SERVED_MODEL_NAME_OVERRIDE": "chat",
            "MAX_CONCURRENCY": "30",
            "DEFAULT_BATCH_SIZE": "30",
            "LORA_MODULES": '[{"name": "a", "path": "org/a"}]',
            "SPECULATIVE_MODEL": "[ngram]",
            "NUM_SPECULATIVE_TOKENS": "4",
            "CUSTOM_CHAT_TEMPLATE": r"{{ 1 }}\n{{ 2 }}",
            "TOKENIZER_MODE": "slow",
            "VLLM_ATTENTION_BACKEND": "FLASH_ATTN_VLLM_V1",
            "REQUEST_TIMEOUT": "60",
            "VLLM_USE_DEEP_GEMM": "1",
        },
    ),
    "runpod, balancing loads": Source(
        "runpod", (), {"MODEL_NAME": "org/m", "PORT": "80", "PORT_HEALTH": "81", "VLLM_API_KEY": "sesame"}
    ),
    "lmi": Source("lmi", (), {"HF_MODEL_ID": "org/m"}),
    "lmi with a file": Source(
        "lmi",
        (),
        {"OPTION_MAX_MODEL_LEN": "4096", "SERVING_JOB_QUEUE_SIZE": "5", "HF_TOKEN": "hf_sesame"},
        {
            "serving.properties": (
                "engine=Python\noption.model_id=org/m\noption.tensor_parallel_degree=2\noption.rolling_batch=vllm\n"
                "option.max_rolling_batch_size=64\noption.quantize=awq\noption.dtype=fp16\noption.enable_lora=true\n"
                "option.model_loading_timeout=600\nmax_request_size=1000000\noption.predict_timeout=30\n"
                "option.env=A=sesame\n"
            )
        },
    ),
    "datarobot": Source("datarobot", (), {"TARGET_NAME": "resultText"}, config("--model", "org/m")),
    "datarobot with parameters": Source(
        "datarobot",
        (),
        {
            "TARGET_NAME": "resultText",
            **parameter("model", "string", "org/other"),
            **parameter("system_prompt", "string", 'Be "brief".\nAlways.'),
            **parameter("max_tokens", "numeric", 256),
            **parameter("temperature", "numeric", 0),
            **parameter("verifySSL", "boolean", False),
            **parameter("DRUM_OPENAI_CLIENT_TIMEOUT", "numeric", 60),
            **parameter("HuggingFaceToken", "credential", {"credentialType": "api_token", "apiToken": "hf_sesame"}),
            "DRAGOMAN_MAX_QUEUE": "9",
            "ADDRESS": "0.0.0.0:9090",
        },
        config("--model=org/m", "--max_model_len", 4096, "--enforce-eager"),
    ),
}

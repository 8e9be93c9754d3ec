"""What we believe about vLLM's command line, against the installed vLLM."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

import pytest

from dragoman.platforms import resolve
from dragoman.settings.catalogue import Setting
from dragoman.settings.worker import load_catalogue

pytestmark = pytest.mark.real

HERE = Path(__file__).parent
DUMP = HERE.parent.parent / "tools" / "dump_vllm_flags.py"
PARSER = str(HERE / "vllm_parser.py")

Line: TypeAlias = list[str]

COMMAND_LINES = [
    "org/name",
    "--model org/name --seed 3",
    "a/b --model org/name",
    "-tp 2 -pp=2 -dp 1 -q awq",
    "-O3",
    "-O=1",
    "-O 0",
    "--max-model-len 1k --max_num_batched_tokens=2K --kv-cache-memory-bytes 1.5g",
    "--max-model-len auto",
    "--max-model-len=-1",
    "--enforce-eager --no-enable-prefix-caching --disable-log-stats",
    "--no-async-scheduling --enable-chunked-prefill",
    "--served-model-name a b c",
    "--served-model-name=-a",
    "--served-model-name a,b",
    "--hf-token",
    "--hf-token abc",
    '--hf-overrides {"rope_parameters":{"rope_type":"yarn","factor":4.0}}',
    "--hf-overrides.rope_parameters.factor 4.0 --hf-overrides.a_b=x",
    "--hf-overrides my.function",
    "-cc.mode=3 -cc.custom_ops+ +rms_norm,none",
    '--compilation-config {"mode":3,"cudagraph_capture_sizes":[1,2,4]}',
    "--cudagraph-capture-sizes 1 2 4",
    '--limit-mm-per-prompt {"image":2}',
    "--limit-mm-per-prompt.image 2",
    '--allowed-origins ["*"]',
    "--middleware a.b --middleware c.d",
    "--lora-modules sql=/a chat=/b --enable-lora --max-loras 2",
    '--lora-modules {"name":"sql","path":"/a","base_model_name":"m"}',
    '--speculative-config {"method":"ngram","num_speculative_tokens":3,"prompt_lookup_max":4}',
    "--spec-method ngram --spec-tokens 3",
    '--kv-transfer-config {"kv_connector":"X","kv_role":"kv_both","engine_id":"e"}',
    '--default-chat-template-kwargs {"enable_thinking":false}',
    '--override-generation-config {"temperature":0.5}',
    "--pt-load-map-location cuda:1",
    '--pt-load-map-location {"cuda:1":"cuda:0"}',
    "--ignore-patterns *.bin *.pt",
    "--moe-backend Deep-GEMM",
    "--device-ids 2,3,GPU-1f",
    "--gpu-memory-utilization .5 --cpu-offload-gb 2 --watermark=0.25",
    "--chat-template {{messages}}",
    "--collect-detailed-traces model worker",
    "--cpu-offload-params a b",
    "--convert none --runner pooling",
    "--mamba-ssu-algorithm None",
    "--revision None",
    "--uvicorn-log-level debug --disable-uvicorn-access-log",
    "--root-path /api --response-role model",
    "--log-level DEBUG",
    "--quantization None --seed 0",
]

# What vLLM's parser refuses, so must we.
REFUSED = [
    "--seed x",
    "--max-model-len 1.5K",
    "--max-model-len 12x",
    "--gpu-memory-utilization half",
    "--dtype float8",
    "--max-lora-rank 1024",
    "--lora-dtype float64",
    "--no-disable-log-stats",
    "--hf-overrides {x}",
    "--limit-mm-per-prompt x",
    "--compilation-config.levle 3",
    "--compilation-config []",
    "--lora-modules sql",
    "--cudagraph-capture-sizes 1 x",
    "--served-model-name",
    "--max-model-len",
    "--nonsense 1",
    "-xyz",
    "a b",
    "--moe-backend nonsense",
    "--enforce-eager=maybe",
]

SAMPLES = {
    "str": "text",
    "identifier": "auto",
    "int": "3",
    "float": "0.5",
    "human_int": "3k",
    "human_int_or_auto": "3k",
    "json": '{"a": 1}',
    "config": "{}",
    "json_or_str": '{"a": 1}',
    "json_list": '["a"]',
    "lora": "a=b",
    "name": "text",
    "template": "{{messages}}",
    "devices": "0,1",
}


def split(line: str) -> Line:
    return line.split(" ")


def sample(setting: Setting) -> Line:
    if setting.is_switch:
        return [setting.negative or setting.flags[0]]
    if "engine_id" in setting.keys:  # made up by vLLM, different each time, where it is not given
        return [setting.flags[0], '{"engine_id": "e"}']
    return [setting.flags[0], str((setting.choices or setting.known or (SAMPLES[setting.type],))[0])]


def with_model(line: Line) -> Line:
    """Name a model, so that nothing is set for the bundled one."""
    named = "--model" in line or not line[0].startswith("-")
    return line if named else ["org/name", *line]


def engine_arguments(line: Line) -> Line:
    # A machine without a compiler has a flag more.
    return list(resolve(line, {"CXX": "sh"}).engine_args)


def test_the_committed_file_describes_the_installed_vllm() -> None:
    done = subprocess.run([sys.executable, DUMP, "--check"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def accepted() -> list[Line]:
    settings = [setting for setting in load_catalogue(["plain"]) if setting.use == "engine"]
    return list(map(with_model, [*map(split, COMMAND_LINES), *map(sample, settings)]))


@pytest.fixture(scope="module")
def answers(accepted: list[Line]) -> list[dict[str, str]]:
    """Ask vLLM's parser once for all tests: it takes long to import."""
    pairs = [(line, engine_arguments(line)) for line in accepted] + [(split(line), []) for line in REFUSED]
    done = subprocess.run(
        [sys.executable, PARSER], input=json.dumps(pairs), capture_output=True, text=True, timeout=300, check=True
    )
    answers: list[dict[str, str]] = json.loads(done.stdout)
    return answers


def test_vllm_reads_the_same_from_our_engine_arguments(accepted: list[Line], answers: list[dict[str, str]]) -> None:
    assert [pair for pair in zip(accepted, answers, strict=False) if pair[1]] == []


def test_vllm_refuses_the_other_command_lines(accepted: list[Line], answers: list[dict[str, str]]) -> None:
    refused = answers[len(accepted) :]
    assert [line for line, answer in zip(REFUSED, refused, strict=True) if "refused" not in answer] == []


@pytest.mark.parametrize("line", REFUSED)
def test_we_refuse_what_vllm_refuses(line: str) -> None:
    assert resolve(split(line), {}).errors

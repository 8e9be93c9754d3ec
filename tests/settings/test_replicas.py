from importlib.machinery import ModuleSpec

import pytest

from tests.settings.resolutions import find, on_plain, on_runpod

REPLICAS = {"DRAGOMAN_REPLICAS": "2"}
LOAD_BALANCING = {"RUNPOD_WEBHOOK_GET_JOB": "", "RUNPOD_ENDPOINT_ID": "ep"}


@pytest.fixture
def has_ray(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says that Ray is installed, or is not."""
    found = ModuleSpec("ray", None) if getattr(request, "param", True) else None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: found)


@pytest.mark.usefixtures("has_ray")
@pytest.mark.parametrize(
    ("flags", "values"),
    [
        (("--replicas", "2"), (2, None, None, 32.0)),
        (("--max-replicas", "4"), (None, None, 4, 32.0)),
        (("--min-replicas", "2", "--max-replicas", "4", "--target-ongoing-requests", "8"), (None, 2, 4, 8.0)),
        (("--min-replicas", "4", "--max-replicas", "4"), (None, 4, 4, 32.0)),
        ((), (None, None, None, 32.0)),
    ],
)
def test_how_many_there_are_to_be(flags: tuple[str, ...], values: tuple[float | None, ...]) -> None:
    resolution = on_plain({}, *flags)
    names = ("replicas", "min_replicas", "max_replicas", "target_ongoing_requests")
    assert resolution.errors == ()
    assert tuple(map(resolution.value, names)) == values


@pytest.mark.usefixtures("has_ray")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REPLICAS", 3),
        ("MAX_REPLICAS", 3),
        ("TARGET_ONGOING_REQUESTS", 3),
        ("RAY_ADDRESS", "10.0.0.1:6379"),
    ],
)
def test_variables_of_every_platform(name: str, value: object) -> None:
    for resolve in (on_plain, on_runpod):
        resolution = resolve({**LOAD_BALANCING, f"DRAGOMAN_{name}": str(value)})
        assert (resolution.errors, resolution.value(name.lower())) == ((), value)


@pytest.mark.usefixtures("has_ray")
def test_rays_own_variable_names_the_cluster_where_ours_does_not() -> None:
    theirs = {**REPLICAS, "RAY_ADDRESS": "10.0.0.1:6379"}
    assert find(on_plain(theirs), "ray_address").source == "variable RAY_ADDRESS"
    assert on_plain({**theirs, "DRAGOMAN_RAY_ADDRESS": "auto"}).value("ray_address") == "auto"


@pytest.mark.usefixtures("has_ray")
@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (
            ("--replicas", "2", "--max-replicas", "4"),
            "replicas 2 (command line) contradicts max_replicas 4 (command line): the number is fixed, or the load's",
        ),
        (("--min-replicas", "2"), "min_replicas 2 (command line) needs max_replicas"),
        (("--min-replicas", "5", "--max-replicas", "4"), "min_replicas 5 (command line) is more than max_replicas"),
        (
            ("--replicas", "2", "--nnodes", "2"),
            "nnodes 2 (command line) contradicts replicas 2 (command line): Ray knows the nodes of its cluster",
        ),
        (("--replicas", "0"), "replicas"),
        (("--max-replicas", "many"), "max_replicas: 'many' is not an integer (command line)"),
        (("--max-replicas", "2", "--target-ongoing-requests", "0"), "target_ongoing_requests"),
    ],
)
def test_what_cannot_be(flags: tuple[str, ...], problem: str) -> None:
    (error,) = on_plain({}, *flags).errors
    assert error.startswith(problem)


@pytest.mark.parametrize("has_ray", [False], indirect=True)
@pytest.mark.usefixtures("has_ray")
@pytest.mark.parametrize(("name", "flag"), [("replicas", "--replicas"), ("max_replicas", "--max-replicas")])
def test_the_command_that_installs_ray_where_it_is_missing(name: str, flag: str) -> None:
    assert on_plain({}, flag, "2").errors == (f"{name} 2 (command line) needs Ray: pip install 'dragoman[ray]'",)
    assert on_plain({}).errors == ()


@pytest.mark.usefixtures("has_ray")
def test_replicas_may_have_more_gpus_than_this_machine() -> None:
    wide = ("--tensor-parallel-size", "8", "--gpus", "1")
    assert on_plain({}, *wide).errors != ()
    assert on_plain(REPLICAS, *wide).errors == ()


@pytest.mark.usefixtures("has_ray")
def test_rays_client_joins_no_cluster() -> None:
    (error,) = on_plain({**REPLICAS, "RAY_ADDRESS": "ray://10.0.0.1:10001"}).errors
    assert "give that of a head" in error


@pytest.mark.usefixtures("has_ray")
def test_a_queue_gives_its_jobs_to_one_worker() -> None:
    (error,) = on_runpod(REPLICAS).errors
    assert "RunPod starts workers by itself" in error

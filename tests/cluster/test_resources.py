from collections.abc import Mapping, Sequence

import pytest

from dragoman.cluster.resources import Claim, Node, claim
from dragoman.settings.values import Value

NOTHING: Mapping[str, Value] = dict.fromkeys(
    (
        *("engine_url", "gpus", "distributed_executor_backend", "data_parallel_backend", "data_parallel_size"),
        *("tensor_parallel_size", "pipeline_parallel_size", "prefill_context_parallel_size"),
    )
)
GPUS = (Node(64, 8), Node(64, 8))


def claimed(nodes: Sequence[Node], most: int = 1, **settings: Value) -> Claim:
    return claim({**NOTHING, **settings}.__getitem__, nodes, most)


def on_cpu(*cpus: float) -> list[Node]:
    return [Node(count, 0) for count in cpus]


@pytest.mark.parametrize(
    ("settings", "gpus"),
    [
        ({}, 1),
        ({"tensor_parallel_size": 4}, 4),
        ({"tensor_parallel_size": 2, "pipeline_parallel_size": 2, "data_parallel_size": 2}, 8),
    ],
)
def test_on_gpus_as_many_as_the_model_is_cut_into(settings: Mapping[str, int], gpus: int) -> None:
    assert claimed(GPUS, most=2, **settings) == Claim(cpus=1, gpus=gpus, on_cpu=False)


def test_gpus_that_are_promised_count_before_they_are_there() -> None:
    assert claimed(on_cpu(4), gpus=1) == Claim(cpus=1, gpus=1, on_cpu=False)


def test_gpus_that_are_not_to_be_used_do_not_count() -> None:
    assert claimed([Node(8, 1)], most=2, gpus=0) == Claim(cpus=4, gpus=0, on_cpu=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"distributed_executor_backend": "ray", "tensor_parallel_size": 16},
        {"data_parallel_backend": "ray", "data_parallel_size": 16},
        {"engine_url": "http://elsewhere:8000"},
    ],
)
def test_what_computes_elsewhere_takes_a_core_alone(settings: Mapping[str, Value]) -> None:
    assert claimed(GPUS, most=2, **settings) == Claim(cpus=1, gpus=0, on_cpu=False)


@pytest.mark.parametrize(
    ("cpus", "most", "cores"),
    [
        ([2], 2, 1),
        ([8], 1, 8),
        ([8], 3, 2),
        ([8, 8], 2, 8),
        ([8, 8], 1, 8),
        ([4, 4], 3, 2),
        ([4, 2], 2, 2),
        ([16, 1], 2, 8),
        ([0, 8], 2, 4),
        ([2], 5, 1),
        ([0.5], 1, 1),
        ([0], 1, 1),
        ([], 1, 1),
    ],
)
def test_on_cpus_the_most_that_all_replicas_can_have(cpus: Sequence[float], most: int, cores: int) -> None:
    assert claimed(on_cpu(*cpus), most) == Claim(cpus=cores, gpus=0, on_cpu=True)


@pytest.mark.parametrize(
    ("claimed", "node", "share"),
    [
        (Claim(2, 0, on_cpu=True), Node(8, 0), 0.25),
        (Claim(8, 0, on_cpu=True), Node(8, 0), 1.0),
        (Claim(8, 0, on_cpu=True), Node(4, 0), 1.0),
        (Claim(1, 0, on_cpu=True), Node(0, 0), 1.0),
        (Claim(1, 1, on_cpu=False), Node(8, 8), 1.0),
    ],
    ids=["a part", "all", "no more than all", "a node of which nothing is known", "on GPUs"],
)
def test_the_part_of_its_node_that_is_a_replicas(claimed: Claim, node: Node, share: float) -> None:
    assert claimed.share(node) == share

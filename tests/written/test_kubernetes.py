from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from dragoman.serving import probes
from dragoman.written import kubernetes
from tests.written.readers import manifest
from tests.written.sources import SOURCES, Source


def written(tmp_path: Path, *arguments: str, gpus: int | None = None, **variables: str) -> str:
    (file,) = Source("plain", arguments, variables, gpus=gpus).write("kubernetes", tmp_path).files
    return file.text


def pod(tmp_path: Path, *arguments: str, gpus: int | None = None, **variables: str) -> dict[str, Any]:
    deployment, _ = manifest(written(tmp_path, *arguments, gpus=gpus, **variables))
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec


def container(tmp_path: Path, *arguments: str, gpus: int | None = None, **variables: str) -> dict[str, Any]:
    (one,) = pod(tmp_path, *arguments, gpus=gpus, **variables)["containers"]
    return dict(one)


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_the_schema(source: Source, tmp_path: Path) -> None:
    (file,) = source.write("kubernetes", tmp_path).files
    for each in manifest(file.text):
        kubernetes_validate.validate(each, "1.30", strict=True)


def test_the_labels_select_the_pod(tmp_path: Path) -> None:
    deployment, service = manifest(written(tmp_path, "org/m"))
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"] == labels


@pytest.mark.parametrize(
    ("arguments", "gpus", "expected"),
    [
        (("org/m",), None, {"nvidia.com/gpu": 1}),
        (("org/m", "-tp", "2", "-pp", "2", "-dp", "2"), None, {"nvidia.com/gpu": 8}),
        (("org/m", "-tp", "4", "--nnodes", "2", "--master-addr", "a"), None, {"nvidia.com/gpu": 2}),
        (("org/m",), 0, None),
        (("--engine-url", "http://h:1"), None, None),
    ],
)
def test_gpus(arguments: tuple[str, ...], gpus: int | None, expected: Mapping[str, int] | None, tmp_path: Path) -> None:
    limits = container(tmp_path, *arguments, gpus=gpus).get("resources", {}).get("limits")
    assert limits == expected


def test_arguments_are_text_without_references(tmp_path: Path) -> None:
    arguments = container(tmp_path, "org/m", "--seed", "1", "--revision", "$(HOME) $$ 1e3")["args"]
    assert arguments == ["org/m", "--seed", "1", "--revision", "$$(HOME) $$$$ 1e3"]


def test_numbers_are_quoted_for_every_reader_of_yaml(tmp_path: Path) -> None:
    assert '- "1e3"' in written(tmp_path, "org/m", "--revision", "1e3")


def test_probes(tmp_path: Path) -> None:
    worker = container(tmp_path, "org/m", "--startup-timeout", "100")
    asked = {name: worker[f"{name}Probe"] for name in ("startup", "readiness", "liveness")}
    assert all(probe["httpGet"] == {"path": "/health", "port": "http"} for probe in asked.values())
    limits = {name: probe.get("failureThreshold") for name, probe in asked.items()}
    assert limits == {"startup": 16, "readiness": None, "liveness": 16}


def test_probes_ask_the_route_for_them() -> None:
    assert kubernetes.HEALTH == probes.HEALTH


def test_probes_ask_the_port_for_them(tmp_path: Path) -> None:
    worker = container(tmp_path, "org/m", "--port", "9000", "--health-port", "9001")
    assert worker["ports"] == [{"name": "http", "containerPort": 9000}, {"name": "health", "containerPort": 9001}]
    assert worker["readinessProbe"]["httpGet"]["port"] == "health"


@pytest.mark.parametrize(("arguments", "seconds"), [((), 50), (("--grace-period", "99.5"), 120)])
def test_the_time_to_drain(arguments: tuple[str, ...], seconds: int, tmp_path: Path) -> None:
    assert pod(tmp_path, "org/m", *arguments)["terminationGracePeriodSeconds"] == seconds


def test_no_variables_of_services(tmp_path: Path) -> None:
    assert pod(tmp_path, "org/m")["enableServiceLinks"] is False


def test_secrets_are_references(tmp_path: Path) -> None:
    text = written(tmp_path, "org/m", HF_TOKEN="hf_sesame", DRAGOMAN_API_KEY="sesame")
    assert "sesame" not in text
    assert (
        "# kubectl create secret generic dragoman --from-file=HF_TOKEN=FILE --from-file=DRAGOMAN_API_KEY=FILE" in text
    )
    variables = container(tmp_path, "org/m", HF_TOKEN="hf_sesame")["env"]
    assert {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "dragoman", "key": "HF_TOKEN"}}} in variables


def test_the_hubs_token_may_have_its_older_name(tmp_path: Path) -> None:
    text = written(tmp_path, "org/m", HUGGING_FACE_HUB_TOKEN="hf_sesame")
    assert "# kubectl create secret generic dragoman --from-file=HF_TOKEN=FILE" in text
    assert "hf_sesame" not in text


def test_shared_memory_and_caches(tmp_path: Path) -> None:
    spec = pod(tmp_path, "org/m")
    volumes = {each["name"]: each["emptyDir"] for each in spec["volumes"]}
    assert volumes == {"shm": {"medium": "Memory", "sizeLimit": "8Gi"}, "cache": {}}
    mounts = {each["name"]: each["mountPath"] for each in spec["containers"][0]["volumeMounts"]}
    assert mounts == {"shm": "/dev/shm", "cache": "/cache"}


def test_an_address_of_the_machine_is_left_out(tmp_path: Path) -> None:
    text = written(tmp_path, "org/m", "--host", "127.0.0.1")
    assert (
        "# host '127.0.0.1' (command line) is left out: the kubelet and the Service call the pod's own address" in text
    )


def test_a_service_needs_a_port_that_is_known(tmp_path: Path) -> None:
    worker = container(tmp_path, "org/m", "--port", "0", "--health-port", "0")
    assert (worker["args"], worker["ports"]) == (["org/m"], [{"name": "http", "containerPort": 8000}])

import os
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from ray._common.utils import import_attr
from ray._private.ray_constants import DEFAULT_DASHBOARD_AGENT_LISTEN_PORT
from ray.serve.deployment import Application
from ray.serve.schema import ServeApplicationSchema, ServeDeploySchema

from dragoman.cluster.application import Arguments, build, replicas
from dragoman.cluster.order import Order
from dragoman.cluster.resources import claim
from dragoman.cluster.scale import Scale
from dragoman.forms.image import IMAGE
from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution
from tests.settings.resolutions import COMPILER

MANIFEST = Path(__file__).parents[2] / "deploy" / "ray" / "rayservice.yaml"
PODS = ("head", "group")
DRAIN = "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"


def service() -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    return manifest


def cluster() -> dict[str, Any]:
    config: dict[str, Any] = service()["spec"]["rayClusterConfig"]
    return config


def group() -> dict[str, Any]:
    (one,) = cluster()["workerGroupSpecs"]
    return dict(one)


def template(name: str) -> dict[str, Any]:
    """The template of the head's pod, or of a pod of the group."""
    parent = cluster()["headGroupSpec"] if name == "head" else group()
    pod: dict[str, Any] = parent["template"]
    return pod


def container(name: str) -> dict[str, Any]:
    (one,) = template(name)["spec"]["containers"]
    return dict(one)


def variables(name: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(name)["env"] if "value" in each}


def application() -> ServeApplicationSchema:
    (one,) = ServeDeploySchema.model_validate(yaml.safe_load(service()["spec"]["serveConfigV2"])).applications
    return one


def resolved() -> Resolution:
    """What the head makes of the command line, which has no GPU."""
    return resolve(Arguments.model_validate(application().args).arguments, COMPILER)


def test_the_kind() -> None:
    assert (service()["apiVersion"], service()["kind"]) == ("ray.io/v1", "RayService")


def test_the_fields_are_those_of_kuberay() -> None:
    # Of its CustomResourceDefinition, what its own samples use.
    assert service()["spec"].keys() == {"serveConfigV2", "rayClusterConfig"}
    options = {"rayVersion", "enableInTreeAutoscaling", "authOptions"}
    assert cluster().keys() == {*options, "headGroupSpec", "workerGroupSpecs"}
    assert cluster()["headGroupSpec"].keys() == {"rayStartParams", "template"}
    sizes = {"replicas", "minReplicas", "maxReplicas"}
    assert group().keys() == {"groupName", "rayStartParams", "template", *sizes}


# The application.


def test_ray_serve_takes_the_configuration() -> None:
    assert (application().name, application().route_prefix) == ("dragoman", "/")


def test_a_name_that_ray_serve_does_not_know_is_none_of_the_configuration() -> None:
    said = yaml.safe_load(service()["spec"]["serveConfigV2"])
    known = ServeDeploySchema.model_validate(said).model_dump(exclude_unset=True, mode="json")
    assert known == said


def test_the_path_leads_to_the_application() -> None:
    assert import_attr(application().import_path) is build


def test_the_application_can_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.cluster.application.nodes", dict)
    assert isinstance(build(Arguments.model_validate(application().args)), Application)


def test_the_worker_takes_the_command_line() -> None:
    assert resolved().errors == ()


def test_each_replica_has_a_pod() -> None:
    scale = Scale.of(resolved().value)
    assert scale is not None
    assert (group()["minReplicas"], group()["replicas"]) == (scale.least, scale.least)
    assert group()["maxReplicas"] == scale.most
    assert cluster()["enableInTreeAutoscaling"] is not scale.is_fixed


def test_a_replica_has_the_gpus_of_its_pod() -> None:
    limits = container("group")["resources"]["limits"]
    assert limits["nvidia.com/gpu"] == claim(resolved().value, [], 1).gpus == resolved().value("gpus")


# The cluster.


def test_rays_version_is_the_one_that_the_tests_have() -> None:
    assert cluster()["rayVersion"] == version("ray")


@pytest.mark.parametrize("start", [cluster()["headGroupSpec"]["rayStartParams"], group()["rayStartParams"]])
def test_flags_of_ray_start_are_text(start: dict[str, object]) -> None:
    assert all(isinstance(value, str) for value in start.values())


def test_ray_wants_a_token() -> None:
    assert cluster()["authOptions"] == {"mode": "token"}


def test_no_replica_comes_to_the_head() -> None:
    assert cluster()["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


@pytest.mark.parametrize("kubernetes", ["1.25", "1.37"])
@pytest.mark.parametrize("name", PODS)
def test_the_schema_of_pods(name: str, kubernetes: str) -> None:
    pod = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": name}, "template": template(name)}
    assert kubernetes_validate.validate(pod, kubernetes, strict=True) == kubernetes


@pytest.mark.parametrize("name", PODS)
def test_the_image(name: str) -> None:
    assert container(name)["image"] == IMAGE


@pytest.mark.parametrize("name", PODS)
def test_haproxy_carries_the_requests(name: str) -> None:
    assert variables(name)["RAY_SERVE_ENABLE_HA_PROXY"] == "1"


def test_all_pods_have_the_same_variables() -> None:
    assert container("head")["env"] == container("group")["env"]


@pytest.mark.parametrize("name", PODS)
def test_no_variables_of_services(name: str) -> None:
    assert template(name)["spec"]["enableServiceLinks"] is False


def test_keys_are_in_a_secret() -> None:
    kept = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container("head")["env"] if "valueFrom" in each}
    assert {name: each["key"] for name, each in kept.items()} == {
        name: name for name in ("DRAGOMAN_API_KEY", "HF_TOKEN")
    }
    assert "optional" not in kept["DRAGOMAN_API_KEY"]


@pytest.mark.parametrize("name", PODS)
def test_ray_waits_until_a_replica_has_ended(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.cluster.application.nodes", dict)
    scale = Scale.of(resolved().value)
    assert scale is not None
    replica = replicas(Order(()), resolved(), scale)._bound_deployment._deployment_config
    assert float(variables(name)[DRAIN]) > replica.graceful_shutdown_timeout_s


@pytest.mark.parametrize("name", PODS)
def test_kubernetes_waits_until_ray_has_ended(name: str) -> None:
    (nap,) = container(name)["lifecycle"]["preStop"]["exec"]["command"][1:]
    assert template(name)["spec"]["terminationGracePeriodSeconds"] > int(nap) + float(variables(name)[DRAIN])


@pytest.mark.parametrize(
    ("name", "probe", "module", "port"),
    [
        ("head", "readiness", "ray.dashboard.modules.reporter.healthz_agent", DEFAULT_DASHBOARD_AGENT_LISTEN_PORT),
        ("head", "liveness", "ray.dashboard.modules.reporter.healthz_agent", DEFAULT_DASHBOARD_AGENT_LISTEN_PORT),
        ("group", "liveness", "ray.dashboard.modules.reporter.healthz_agent", DEFAULT_DASHBOARD_AGENT_LISTEN_PORT),
        ("group", "readiness", "ray.serve._private.haproxy", 8000),
    ],
)
def test_probes_ask_routes_that_ray_has(name: str, probe: str, module: str, port: int) -> None:
    asked = container(name)[f"{probe}Probe"]["httpGet"]
    found = find_spec(module)
    assert found is not None
    assert found.origin is not None
    assert f'"{asked["path"]}"' in Path(found.origin).read_text()
    assert asked["port"] == port


def test_the_port_is_serves() -> None:
    said = ServeDeploySchema.model_validate(yaml.safe_load(service()["spec"]["serveConfigV2"]))
    assert {"name": "serve", "containerPort": said.http_options.port} in container("group")["ports"]


def test_caches_are_on_a_volume() -> None:
    (mount,) = (each["mountPath"] for each in container("group")["volumeMounts"] if each["name"] == "cache")
    assert all(os.path.dirname(variables("group")[name]) == mount for name in ("HF_HOME", "VLLM_CACHE_ROOT"))

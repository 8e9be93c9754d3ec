import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from markdown_it import MarkdownIt

from dragoman import __version__
from dragoman.engine.client import Client
from dragoman.forms.image import IMAGE
from dragoman.platforms import resolve
from dragoman.serving import probes
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.settings.resolution import Resolution
from tests.deploy.charts import CHART, NAMESPACE, RELEASE, Refused, Values, end_helm, linted, render
from tests.docs.pages import ROOT
from tests.engines import FakeEngine
from tests.serving.places import FakePlaces
from tests.settings.resolutions import COMPILER
from tests.written.readers import expanded, manifest
from tests.written.sources import Source

NAME = f"{RELEASE}-dragoman"
OWN_SECRET = {"existingSecret": {"name": "keys", "key": "one"}}

VARIANTS: Mapping[str, Values] = {
    "defaults": {},
    "a model": {
        "model": "org/m",
        "settings": {"max-model-len": "8k"},
        "args": ["-tp", "2"],
    },
    "without GPUs": {"gpus": {"count": 0}, "image": {"tag": f"{__version__}-cpu"}, "resources": {}},
    "a part of a GPU": {"gpus": {"resource": "nvidia.com/mig-3g.40gb"}},
    "resources": {"resources": {"requests": {"cpu": 4, "memory": "32Gi"}, "limits": {"memory": "64Gi"}}},
    "a claim": {"persistence": {"enabled": True, "storageClass": "fast", "annotations": {"a": "b"}}},
    "a claim without a class": {"persistence": {"enabled": True, "storageClass": "-"}},
    "a claim of one's own": {"persistence": {"enabled": True, "existingClaim": "models"}},
    "more under load": {"autoscaling": {"enabled": True}, "podMonitor": {"enabled": True}},
    "keys": {"apiKey": {"value": "one,two"}, "hfToken": {"value": "hf_sesame"}, "podMonitor": {"enabled": True}},
    "keys of one's own": {"apiKey": OWN_SECRET, "hfToken": OWN_SECRET, "podMonitor": {"enabled": True}},
    "all the rest": {
        "healthPort": 9001,
        "startupTimeout": 90.5,
        "replicaCount": 2,
        "imagePullSecrets": [{"name": "registry"}],
        "env": [{"name": "A", "value": "b"}],
        "envFrom": [{"configMapRef": {"name": "more"}}],
        "service": {"type": "LoadBalancer", "port": 80, "annotations": {"a": "b"}},
        "podMonitor": {"enabled": True, "labels": {"release": "p"}, "tlsConfig": {"insecureSkipVerify": True}},
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": "50%"},
        "serviceAccountName": "models",
        "podAnnotations": {"a": "b"},
        "podLabels": {"a": "b"},
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}],
        "runtimeClassName": "nvidia",
        "priorityClassName": "high",
        "volumes": [{"name": "tls", "secret": {"secretName": "tls"}}],
        "volumeMounts": [{"name": "tls", "mountPath": "/tls"}],
    },
}


@pytest.fixture(scope="module", autouse=True)
def _helm() -> Iterator[None]:
    yield
    end_helm()


def pod(values: Values) -> dict[str, Any]:
    spec: dict[str, Any] = render(values)["Deployment"]["spec"]["template"]["spec"]
    return spec


def container(values: Values) -> dict[str, Any]:
    (one,) = pod(values)["containers"]
    return dict(one)


def resolved(values: Values) -> Resolution:
    """What the worker makes of its command line, in a pod that has what it asks for."""
    worker = container(values)
    assert worker["command"] == ["dragoman", "serve"]
    gpus = sum(worker.get("resources", {}).get("limits", {}).get(name, 0) for name in ("nvidia.com/gpu",))
    return resolve(["--gpus", str(gpus), *map(expanded, worker["args"])], COMPILER)


@pytest.mark.parametrize("version", ["1.25", "1.37"])
@pytest.mark.parametrize("values", VARIANTS.values(), ids=list(VARIANTS))
def test_the_schema_of_kubernetes(values: Values, version: str) -> None:
    objects = [each for each in render(values).objects if each["kind"] != "PodMonitor"]
    assert [kubernetes_validate.validate(each, version, strict=True) for each in objects] == [version] * len(objects)


@pytest.mark.parametrize("values", VARIANTS.values(), ids=list(VARIANTS))
def test_the_objects_are_the_releases(values: Values) -> None:
    for each in render(values).objects:
        assert each["metadata"]["name"] == NAME
        assert each["metadata"]["namespace"] == NAMESPACE
        assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == RELEASE


def test_what_is_there_unless_asked_for_more() -> None:
    assert set(render({}).kinds) == {"Deployment", "Service"}


@pytest.mark.parametrize("values", VARIANTS.values(), ids=list(VARIANTS))
def test_selectors_select_the_pod(values: Values) -> None:
    rendered = render(values)
    labels = rendered["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    selectors = [rendered["Service"]["spec"]["selector"], rendered["Deployment"]["spec"]["selector"]["matchLabels"]]
    others = [rendered[kind] for kind in ("PodMonitor", "PodDisruptionBudget") if kind in rendered.kinds]
    selectors.extend(each["spec"]["selector"]["matchLabels"] for each in others)
    assert all(selector.items() <= labels for selector in selectors)
    assert "app.kubernetes.io/version" not in selectors[1]


def test_the_image() -> None:
    assert container({})["image"] == IMAGE
    assert container({"image": {"repository": "registry/d", "tag": "7"}})["image"] == "registry/d:7"


# The same facts as in a manifest that `dragoman explain --as kubernetes` writes.


@pytest.mark.parametrize(
    ("values", "arguments"),
    [
        ({}, ()),
        ({"port": 9000, "healthPort": 9001}, ("--port", "9000", "--health-port", "9001")),
        ({"startupTimeout": 100}, ("--startup-timeout", "100")),
        ({"startupTimeout": 99.5}, ("--startup-timeout", "99.5")),
        ({"gracePeriod": 99.5}, ("--grace-period", "99.5")),
        ({"settings": {"tensor-parallel-size": 2, "data-parallel-size": 2}}, ("-tp", "2", "-dp", "2")),
        ({"settings": {"engine-url": "http://h:1"}}, ("--engine-url", "http://h:1")),
    ],
)
def test_the_pod_is_the_one_that_is_written(values: Values, arguments: Sequence[str], tmp_path: Path) -> None:
    (file,) = Source("plain", tuple(arguments), gpus=None).write("kubernetes", tmp_path).files
    theirs = manifest(file.text)[0]["spec"]["template"]["spec"]
    ours = pod(values)
    names = ("enableServiceLinks", "terminationGracePeriodSeconds", "volumes")
    assert {name: ours[name] for name in names} == {name: theirs[name] for name in names}
    (worker,), (written,) = ours["containers"], theirs["containers"]
    same = ("command", "env", "ports", "startupProbe", "readinessProbe", "livenessProbe", "lifecycle", "volumeMounts")
    assert {name: worker[name] for name in same} == {name: written[name] for name in same}
    assert worker.get("resources") == written.get("resources")


def test_probes_ask_with_tls() -> None:
    worker = container({"settings": {"ssl-certfile": "/tls/tls.crt"}})
    assert {worker[f"{name}Probe"]["httpGet"]["scheme"] for name in ("startup", "readiness", "liveness")} == {"HTTPS"}


@pytest.mark.parametrize("values", VARIANTS.values(), ids=list(VARIANTS))
def test_probes_ask_the_route_for_them(values: Values) -> None:
    worker = container(values)
    asked = [worker[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")]
    assert {each["path"] for each in asked} == {probes.HEALTH}
    assert {each["port"] for each in asked} <= {port["name"] for port in worker["ports"]}


@pytest.mark.parametrize("seconds", [0, 30, 0.5, 600])
def test_a_pod_lives_longer_than_its_requests(seconds: float) -> None:
    (nap,) = container({})["lifecycle"]["preStop"]["exec"]["command"][1:]
    values = {"gracePeriod": seconds}
    grace = resolved(values).value("grace_period")
    assert grace == seconds
    assert pod(values)["terminationGracePeriodSeconds"] > int(nap) + grace


@pytest.mark.parametrize("values", VARIANTS.values(), ids=list(VARIANTS))
def test_a_rollout_waits_for_the_longest_start(values: Values) -> None:
    probe = container(values)["startupProbe"]
    rollout = render(values)["Deployment"]["spec"]["progressDeadlineSeconds"]
    assert rollout >= probe["periodSeconds"] * probe["failureThreshold"]


# The command line.


@pytest.mark.parametrize("values", VARIANTS.values(), ids=list(VARIANTS))
def test_the_worker_takes_the_command_line(values: Values) -> None:
    given = {**values, "gpus": {"count": 2}, "args": []}
    assert resolved(given).errors == ()


@pytest.mark.parametrize(
    ("setting", "said", "expected"),
    [
        ("max-model-len", "8k", 8000),
        ("max-model-len", 8192, 8192),
        ("seed", 123456789012, 123456789012),
        ("max-num-batched-tokens", 1000000, 1000000),
        ("gpu-memory-utilization", 0.85, 0.85),
        ("enforce-eager", True, True),
        ("enable-prefix-caching", False, False),
        ("startup-plan", True, True),
        ("served-model-name", ["large", "small one"], ["large", "small one"]),
        ("cudagraph-capture-sizes", [1, 2], [1, 2]),
        ("hf-overrides", {"a": 500000, "b": {"c": "<d>"}}, {"a": 500000, "b": {"c": "<d>"}}),
        ("hf-overrides.a", 500000, {"a": 500000}),
        ("revision", "1e3", "1e3"),
        ("revision", "-x", "-x"),
        ("revision", '$(HOME) $$ "quoted" \\ {{ .Values }}', '$(HOME) $$ "quoted" \\ {{ .Values }}'),
        ("revision", None, None),
        ("served-model-name", [], None),
    ],
)
def test_settings(setting: str, said: object, expected: object) -> None:
    resolution = resolved({"model": "org/m", "settings": {setting: said}})
    assert resolution.errors == ()
    assert resolution.value(setting.partition(".")[0].replace("-", "_")) == expected


def test_words_come_last_and_as_they_are() -> None:
    arguments = container({"settings": {"seed": 1}, "args": ["--seed", "2", "$(HOME)"]})["args"]
    assert arguments[-4:] == ["--seed=1", "--seed", "2", "$$(HOME)"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"nvidia.com/gpu": 1}),
        ({"settings": {"tensor-parallel-size": "4", "pipeline-parallel-size": 2}}, {"nvidia.com/gpu": 8}),
        ({"settings": {"tensor-parallel-size": 4}, "gpus": {"count": 2}}, {"nvidia.com/gpu": 2}),
        ({"gpus": {"resource": "nvidia.com/mig-3g.40gb"}}, {"nvidia.com/mig-3g.40gb": 1}),
        ({"resources": {"limits": {"memory": "64Gi"}}}, {"nvidia.com/gpu": 1, "memory": "64Gi"}),
        ({"resources": {"limits": {"memory": "64Gi"}}, "gpus": {"count": 0}}, {"memory": "64Gi"}),
        ({"gpus": {"count": 0}}, None),
    ],
)
def test_gpus(values: Values, expected: object) -> None:
    assert container(values).get("resources", {}).get("limits") == expected


# Secrets.


def variables(values: Values) -> dict[str, Any]:
    return {each["name"]: each.get("valueFrom", {}).get("secretKeyRef") for each in container(values)["env"]}


def test_keys_are_in_a_secret_of_the_release() -> None:
    values = VARIANTS["keys"]
    rendered = render(values)
    assert rendered["Secret"]["data"] == {
        "DRAGOMAN_API_KEY": "b25lLHR3bw==",
        "one-key": "b25l",
        "HF_TOKEN": "aGZfc2VzYW1l",
    }
    shown = {name: {"name": NAME, "key": name} for name in ("DRAGOMAN_API_KEY", "HF_TOKEN")}
    assert variables(values).items() >= shown.items()
    rest = [each for each in rendered.objects if each["kind"] != "Secret"]
    assert not re.search("one,two|sesame", json.dumps(rest) + rendered.notes)


def test_keys_are_in_a_secret_that_is_there() -> None:
    values = VARIANTS["keys of one's own"]
    assert "Secret" not in render(values).kinds
    shown = {name: {"name": "keys", "key": "one"} for name in ("DRAGOMAN_API_KEY", "HF_TOKEN")}
    assert variables(values).items() >= shown.items()


def test_a_secret_that_is_there_is_named_after_the_variable() -> None:
    values = {"hfToken": {"existingSecret": {"name": "keys"}}}
    assert variables(values)["HF_TOKEN"] == {"name": "keys", "key": "HF_TOKEN"}
    assert "DRAGOMAN_API_KEY" not in variables(values)


def test_another_key_replaces_the_pods() -> None:
    first, second = (render({"apiKey": {"value": key}})["Deployment"]["spec"]["template"] for key in ("one", "two"))
    assert first["metadata"]["annotations"] != second["metadata"]["annotations"]


# Caches.


@pytest.mark.parametrize(
    ("values", "volume", "kinds"),
    [
        ({}, {"emptyDir": {}}, set()),
        ({"persistence": {"size": "1Gi"}}, {"emptyDir": {}}, set()),
        (
            {"persistence": {"enabled": True}},
            {"persistentVolumeClaim": {"claimName": NAME}},
            {"PersistentVolumeClaim"},
        ),
        (
            {"persistence": {"enabled": True, "existingClaim": "models"}},
            {"persistentVolumeClaim": {"claimName": "models"}},
            set(),
        ),
    ],
)
def test_caches(values: Values, volume: Mapping[str, Any], kinds: set[str]) -> None:
    (cache,) = (each for each in pod(values)["volumes"] if each["name"] == "cache")
    assert cache == {"name": "cache", **volume}
    assert set(render(values).kinds) & {"PersistentVolumeClaim"} == kinds


@pytest.mark.parametrize(("said", "expected"), [("", None), ("fast", "fast"), ("-", "")])
def test_the_class_of_the_claim(said: str, expected: str | None) -> None:
    claim = render({"persistence": {"enabled": True, "storageClass": said}})["PersistentVolumeClaim"]
    assert claim["spec"].get("storageClassName") == expected


FIRST_UP, FIRST_DOWN = {"maxSurge": 1, "maxUnavailable": 0}, {"maxSurge": 0, "maxUnavailable": 1}
MANY = ["ReadWriteMany"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, FIRST_UP),
        ({"persistence": {"enabled": True}}, FIRST_DOWN),
        ({"persistence": {"enabled": True, "accessModes": MANY}}, FIRST_UP),
        ({"persistence": {"enabled": True, "existingClaim": "models"}}, FIRST_UP),
        ({"strategy": {"type": "RollingUpdate", "rollingUpdate": FIRST_DOWN}}, FIRST_DOWN),
        ({"strategy": {"type": "Recreate"}}, None),
    ],
)
def test_updates(values: Values, expected: object) -> None:
    assert render(values)["Deployment"]["spec"]["strategy"].get("rollingUpdate") == expected


# More pods under load.


def test_the_autoscaler_decides_on_the_number() -> None:
    values = VARIANTS["more under load"]
    assert render({})["Deployment"]["spec"]["replicas"] == 1
    assert "replicas" not in render(values)["Deployment"]["spec"]
    assert render(values)["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == NAME


def targets(values: Values) -> dict[tuple[str, str], str]:
    """What the autoscaler asks for: the target by the metric's name and state."""
    asked = [each["pods"] for each in render(values)["HorizontalPodAutoscaler"]["spec"]["metrics"]]
    return {
        (each["metric"]["name"], each["metric"]["selector"]["matchLabels"]["state"]): each["target"]["averageValue"]
        for each in asked
    }


def test_the_targets() -> None:
    values = {"autoscaling": {"enabled": True, "targetRunning": 64}}
    assert targets(values) == {
        ("dragoman_queue_requests", "running"): "64",
        ("dragoman_queue_requests", "waiting"): "1",
    }


@pytest.mark.anyio
async def test_the_worker_tells_what_is_asked_for() -> None:
    worker = WorkerMetrics("plain", 0)
    worker.watch(FakePlaces(waiting=1, taken=1))
    text = bytes((await worker.response(Client(FakeEngine({}).app), b"")).body).decode()
    for name, state in targets(VARIANTS["more under load"]):
        assert f'{name}{{state="{state}"}}' in text


def test_the_adapters_rule_hands_it_on() -> None:
    (rule,) = yaml.safe_load((CHART / "files" / "prometheus-adapter.yaml").read_text())["rules"]["custom"]
    assert {name for name, _ in targets(VARIANTS["more under load"])} == {rule["seriesQuery"].partition("{")[0]}
    # The operator gives each series of a PodMonitor these labels.
    assert set(rule["resources"]["overrides"]) == {"namespace", "pod"}
    assert "<<.LabelMatchers>>" in rule["metricsQuery"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, None),
        ({"apiKey": {"value": " one , two"}}, {"name": NAME, "key": "one-key"}),
        ({"apiKey": OWN_SECRET}, {"name": "keys", "key": "one"}),
        (
            {"apiKey": OWN_SECRET, "podMonitor": {"existingSecret": {"name": "m", "key": "k"}}},
            {"name": "m", "key": "k"},
        ),
    ],
)
def test_prometheus_shows_the_key(values: Values, expected: object) -> None:
    enabled = {**values, "podMonitor": {**values.get("podMonitor", {}), "enabled": True}}
    (endpoint,) = render(enabled)["PodMonitor"]["spec"]["podMetricsEndpoints"]
    assert endpoint.get("authorization", {}).get("credentials") == expected


def test_prometheus_asks_the_pods_own_port() -> None:
    values = {"podMonitor": {"enabled": True}, "settings": {"ssl-certfile": "/crt"}}
    (endpoint,) = render(values)["PodMonitor"]["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"], endpoint["scheme"]) == ("http", "/metrics", "https")


# Values.


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"modle": "org/m"}, "modle"),
        ({"gpus": {"cuont": 1}}, "cuont"),
        ({"apiKey": "sesame"}, "apiKey"),
        ({"apiKey": {"existingSecret": {"nmae": "s"}}}, "nmae"),
        ({"replicaCount": "two"}, "replicaCount"),
        ({"replicaCount": -1}, "replicaCount"),
        ({"gpus": {"count": 0.5}}, "count"),
        ({"port": 0}, "port"),
        ({"healthPort": 65536}, "healthPort"),
        ({"gracePeriod": -1}, "gracePeriod"),
        ({"startupTimeout": 0}, "startupTimeout"),
        ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
        ({"image": {"repository": ""}}, "repository"),
        ({"sharedMemory": "much"}, "sharedMemory"),
        ({"persistence": {"enabled": "yes"}}, "enabled"),
        ({"persistence": {"accessModes": ["ReadOnlyMany"]}}, "accessModes"),
        ({"service": {"type": "ExternalName"}}, "type"),
        ({"autoscaling": {"targetCPUUtilizationPercentage": 80}}, "targetCPUUtilizationPercentage"),
        ({"podMonitor": {"interval": 15}}, "interval"),
        ({"env": {"A": "b"}}, "env"),
        ({"nodeSelector": {"a": True}}, "nodeSelector"),
        ({"settings": {"port": 9000}}, "settings/port"),
        ({"settings": {"grace-period": 60}}, "settings/grace-period"),
        ({"settings": {"api-key": "sesame"}}, "settings/api-key"),
        ({"settings": {"--seed": 1}}, "--seed"),
        ({"settings": {"max_model_len": 1}}, "max_model_len"),
        ({"args": ["--grace-period", "60"]}, "args"),
        ({"args": ["--grace_period=60"]}, "args"),
        ({"args": ["--api-key", "sesame"]}, "args"),
        ({"args": [8]}, "args"),
    ],
)
def test_a_wrong_value_is_an_error(values: Values, problem: str) -> None:
    with pytest.raises(Refused, match=problem):
        render(values)


def test_every_value_has_a_default_but_within_what_is_empty() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert missing(schema, values) == {"global", "resources", "settings", "strategy"}


def missing(schema: Mapping[str, Any], values: Mapping[str, Any]) -> set[str]:
    """The properties without a default, or with something below that has none."""
    named: Mapping[str, Any] = schema["properties"]
    groups = [name for name in named.keys() & values.keys() if "properties" in named[name]]
    return {*(named.keys() - values.keys()), *(name for name in groups if missing(named[name], values[name]))}


def test_helm_has_nothing_against_the_chart() -> None:
    assert linted() == []


def test_the_chart_is_the_workers() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


# What Helm says afterwards.


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "everybody who reaches the Service is served"),
        ({"apiKey": OWN_SECRET}, 'Bearer \\$KEY"'),
        ({"settings": {"ssl-certfile": "/crt"}}, "https://localhost:8000/health"),
        ({"autoscaling": {"enabled": True}}, "files/prometheus-adapter.yaml"),
        ({"autoscaling": {"enabled": True}}, "podMonitor is not enabled"),
        ({"persistence": {"enabled": True}, "replicaCount": 2}, "only one node can have"),
    ],
)
def test_notes(values: Values, said: str) -> None:
    assert re.search(said, render(values).notes)


@pytest.mark.parametrize(
    ("values", "not_said"),
    [
        ({"apiKey": OWN_SECRET}, "everybody"),
        ({"persistence": {"enabled": True}}, "only one node can have"),
        ({"persistence": {"enabled": True, "accessModes": MANY}, "replicaCount": 2}, "only one node can have"),
        (VARIANTS["more under load"], "podMonitor is not enabled"),
    ],
)
def test_notes_without_need(values: Values, not_said: str) -> None:
    assert not_said not in render(values).notes


# The documentation.


def examples() -> list[Values]:
    tokens = MarkdownIt().parse((ROOT / "docs" / "kubernetes.md").read_text())
    return [yaml.safe_load(token.content) for token in tokens if token.type == "fence" and token.info == "yaml"]


@pytest.mark.parametrize("values", examples())
def test_the_examples_of_the_documentation(values: Values) -> None:
    assert resolved(values).errors == ()

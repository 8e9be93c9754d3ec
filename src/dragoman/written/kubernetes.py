"""A configuration written as a Deployment and a Service of Kubernetes.

The worker is that of the platform plain: it gets the flags of its command line.
"""

from collections.abc import Iterator
from math import ceil, prod
from typing import Any

from dragoman.forms.image import IMAGE
from dragoman.platforms.plain import written as plain
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.processes import DEGREES
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value
from dragoman.written.spellings import Flag, flat
from dragoman.written.target import KEY, TOKEN, Draft, File, Target, comments

NAME = "dragoman"
# The worker's route for probes; what defines it imports a web framework.
HEALTH = "/health"
# In seconds: how often probes ask, how long other pods may go on to send requests to one that ends, and how long the
# engine takes to end.
PERIOD, FAREWELL, ENDING = 10, 5, 15
# In seconds: a large model may be downloaded first. What the worker's own limit is, the probes leave it some more.
LONGEST_START, MORE = 3600, 60
SHARED, SHARED_MEMORY = "/dev/shm", "8Gi"  # noqa: S108 - where NCCL and vLLM look for it
CACHE = "/cache"

_NODES, _COPIES = "nnodes", "data_parallel_size"
_PORTS = ("port", "health_port")
_PLACEHOLDERS = (
    f"image: {IMAGE} stands for your own registry's.",
    f"{CACHE} keeps models and what is compiled as long as the pod lives; with a PersistentVolumeClaim in the place of "
    "its emptyDir, longer.",
    "Add what the model needs of cpu and memory to the resources.",
)


def spellings(setting: Setting, value: Value, catalogue: Catalogue) -> Iterator[Flag]:
    """Yield the flag; a port that is any free one is none that a Service can name."""
    if setting.name not in _PORTS or value:
        yield from plain.spellings(setting, value, catalogue)


class Text(str):
    """Text that YAML shall not take for a number or a word of its own."""

    __slots__ = ()


def files(draft: Draft) -> list[File]:
    """Return the manifest: the Deployment and the Service."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes such text in quotes, lists with their indent, and each value out."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

        def ignore_aliases(self, data: object) -> bool:
            return True

    Dumper.add_representer(Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
    objects = [deployment(draft), service(draft.resolution)]
    content = yaml.dump_all(objects, Dumper=Dumper, sort_keys=False, width=2**31)
    return [File("kubernetes.yaml", "\n".join((*comments(*draft.notes, *_PLACEHOLDERS, *_to_do(draft)), content)))]


def _to_do(draft: Draft) -> Iterator[str]:
    """Yield what this configuration needs beside the manifest."""
    if (nodes := draft.resolution.value(_NODES)) and nodes > 1:
        yield f"This is one of {nodes} nodes: each needs a Deployment of its own, with its node_rank."
    if draft.secrets:
        listed = " ".join(f"--from-file={name}=FILE" for name in draft.secrets)
        yield f"kubectl create secret generic {NAME} {listed}"


def deployment(draft: Draft) -> dict[str, Any]:
    """Return the Deployment, of one pod."""
    pod = {
        # A Service's variables begin like the worker's own.
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": FAREWELL + ceil(draft.resolution.value("grace_period")) + ENDING,
        "containers": [container(draft)],
        "volumes": [
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": SHARED_MEMORY}},
            {"name": "cache", "emptyDir": {}},
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "labels": _labels()},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": _labels()},
            "template": {"metadata": {"labels": _labels()}, "spec": pod},
        },
    }


def container(draft: Draft) -> dict[str, Any]:
    """Return the worker's container."""
    settings, tokens = draft.resolution, flat(plain.flags(draft.spellings))
    gpus = 0 if draft.gpus == 0 else gpus_of(settings)
    return {
        "name": NAME,
        "image": IMAGE,
        "command": list(plain.COMMAND),
        **({"args": [_literal(token) for token in tokens]} if tokens else {}),
        "env": [*_caches(), *map(_secret, draft.secrets)],
        "ports": list(_ports(settings)),
        **({"resources": {"limits": {"nvidia.com/gpu": gpus}}} if gpus else {}),
        **_probes(settings),
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", Text(FAREWELL)]}}},
        "volumeMounts": [{"name": "shm", "mountPath": SHARED}, {"name": "cache", "mountPath": CACHE}],
    }


def gpus_of(settings: Resolution) -> int:
    """Return how many GPUs a pod needs: one for each part of each copy of the model on its node."""
    if settings.value("engine_url"):
        return 0
    parts = prod(settings.value(name) or 1 for name in (*DEGREES, _COPIES))
    return max(1, parts // (settings.value(_NODES) or 1))


def _literal(token: str) -> Text:
    """Return a token in which Kubernetes finds no reference to a variable."""
    return Text(token.replace("$", "$$"))


def _caches() -> list[dict[str, Any]]:
    places = {"HF_HOME": f"{CACHE}/huggingface", "VLLM_CACHE_ROOT": f"{CACHE}/vllm"}
    return [{"name": name, "value": place} for name, place in places.items()]


def _secret(name: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": NAME, "key": name}}}


def _ports(settings: Resolution) -> Iterator[dict[str, Any]]:
    yield {"name": "http", "containerPort": _port(settings)}
    if settings.value("health_port"):
        yield {"name": "health", "containerPort": settings.value("health_port")}


def _port(settings: Resolution) -> int:
    port: int = settings.value("port")
    return port


def _probes(settings: Resolution) -> dict[str, Any]:
    """Return the probes; the worker starts a dead engine again, which may take as long as the first start."""
    port = "health" if settings.value("health_port") else "http"
    scheme = {"scheme": "HTTPS"} if settings.value("ssl_certfile") else {}
    limit = settings.value("startup_timeout")
    longest = ceil(((LONGEST_START if limit is None else limit) + MORE) / PERIOD)
    asked = {"httpGet": {"path": HEALTH, "port": port, **scheme}, "periodSeconds": PERIOD, "timeoutSeconds": 5}
    return {
        "startupProbe": {**asked, "failureThreshold": longest},
        "readinessProbe": asked,
        "livenessProbe": {**asked, "failureThreshold": longest},
    }


def service(settings: Resolution) -> dict[str, Any]:
    """Return the Service, at the worker's own port."""
    port = {"name": "http", "port": _port(settings), "targetPort": "http"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "labels": _labels()},
        "spec": {"selector": _labels(), "ports": [port]},
    }


def _labels() -> dict[str, str]:
    return {"app.kubernetes.io/name": NAME}


TARGET = Target(
    name="kubernetes",
    platform=plain.TARGET.platform,
    spellings=spellings,
    held=plain.held,
    files=files,
    secrets=dict.fromkeys((TOKEN, KEY), f"put it into the Secret {NAME}, under this name"),
    place=dict.fromkeys(("host", "uds"), "the kubelet and the Service call the pod's own address"),
)

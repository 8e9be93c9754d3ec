import pytest

from dragoman.platforms import resolve
from tests.settings.resolutions import on_runpod


@pytest.mark.parametrize(
    ("environment", "port", "health_port"),
    [
        ({}, 8000, None),
        ({"PORT": "80"}, 80, None),
        ({"PORT": "80", "PORT_HEALTH": "81"}, 80, 81),
        ({"PORT": "80", "PORT_HEALTH": "80"}, 80, None),
        ({"PORT": "80", "DRAGOMAN_PORT": "90"}, 90, None),
        ({"PORT": "80", "RUNPOD_WEBHOOK_GET_JOB": ""}, 80, None),
        ({"PORT": "", "PORT_HEALTH": "None"}, 8000, None),
    ],
)
def test_ports(environment: dict[str, str], port: int, health_port: int | None) -> None:
    resolution = resolve(["org/m"], {"RUNPOD_ENDPOINT_ID": "ep", **environment})
    assert (resolution.value("port"), resolution.value("health_port")) == (port, health_port)
    assert resolution.errors == ()


def test_a_key() -> None:
    resolution = resolve(["org/m"], {"RUNPOD_ENDPOINT_ID": "ep", "VLLM_API_KEY": "sesame"})
    assert resolution.value("api_key") == ["sesame"]
    assert resolution.environment["VLLM_API_KEY"] is None


def test_with_a_queue_they_mean_nothing() -> None:
    resolution = on_runpod({"PORT": "x", "PORT_HEALTH": "y", "HOST": "h", "API_KEY": "k", "VLLM_API_KEY": "k"})
    assert (resolution.value("port"), resolution.value("health_port"), resolution.value("api_key")) == (
        8000,
        None,
        None,
    )
    assert resolution.environment["VLLM_API_KEY"] is None
    assert resolution.errors == resolution.warnings == ()


def test_with_a_queue_flags_still_count() -> None:
    resolution = on_runpod({}, "--port", "81", "--health-port", "82")
    assert (resolution.value("port"), resolution.value("health_port")) == (81, 82)

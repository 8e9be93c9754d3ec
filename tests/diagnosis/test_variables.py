from pathlib import Path

import pytest

from dragoman.diagnosis.variables import Variables, look, preloaded, proxies, service, shadowed, unknown
from tests.diagnosis.subjects import judged, subject, with_environment

HEALTHY = Variables(frozenset({"VLLM_LOGGING_LEVEL", "VLLM_CACHE_ROOT"}), (), {})
LIBRARY = "/usr/lib/libtcmalloc.so"


@pytest.mark.parametrize(
    ("name", "what", "cure"),
    [
        ("VLLM_LOGGING_LEVEL", None, ""),
        ("VLLM_CACHE_ROOT", None, ""),
        ("VLLM_EXTRA_ARGS", None, ""),
        ("VLLM_SERVICE_HOST", None, ""),
        ("VLLM_PORT_8000_TCP_ADDR", None, ""),
        ("OTHER", None, ""),
        ("VLLM_LOGING_LEVEL", "did you mean VLLM_LOGGING_LEVEL?", 'export VLLM_LOGGING_LEVEL="$VLLM_LOGING_LEVEL"'),
        ("VLLM_USE_V1", "vLLM does not read VLLM_USE_V1", "unset VLLM_USE_V1"),
    ],
)
def test_unknown(name: str, what: str | None, cure: str) -> None:
    found = judged(unknown, HEALTHY, with_environment({name: ""}))
    assert found.severity == ("fine" if what is None else "advice")
    assert (what or "") in found.what
    assert found.cure.startswith(cure)


@pytest.mark.parametrize("name", ["VLLM_USE V1", "VLLM_LOGING_LEVEL;ls", "VLLM_$(ls)"])
def test_no_command_names_what_a_shell_cannot(name: str) -> None:
    found = judged(unknown, HEALTHY, with_environment({name: ""}))
    assert (found.severity, found.cure) == ("advice", "")


def test_without_vllm_no_variable_is_unknown() -> None:
    assert judged(unknown, Variables(None, (), {}), subject(VLLM_USE_V1="1")).severity == "fine"


@pytest.mark.parametrize(("port", "severity"), [("5000", "fine"), ("tcp://10.0.0.1:8000", "problem")])
def test_service(port: str, severity: str) -> None:
    assert judged(service, HEALTHY, subject(VLLM_PORT=port)).severity == severity


@pytest.mark.parametrize(
    ("variables", "severity"),
    [
        ({}, "fine"),
        ({"HTTP_PROXY": "http://proxy:3128"}, "advice"),
        ({"https_proxy": "http://proxy:3128", "NO_PROXY": "example.com"}, "advice"),
        ({"https_proxy": "http://proxy:3128", "NO_PROXY": "localhost, 127.0.0.1"}, "fine"),
        ({"HTTP_PROXY": "http://proxy:3128", "no_proxy": "*"}, "fine"),
        ({"HTTP_PROXY": "proxy:3128", "no_proxy": "*"}, "fine"),
    ],
)
def test_proxies(variables: dict[str, str], severity: str) -> None:
    assert judged(proxies, HEALTHY, with_environment(variables)).severity == severity


@pytest.mark.parametrize("address", ["http://", "ftp://proxy", "http://proxy:port"])
def test_a_proxy_that_is_no_address(address: str) -> None:
    found = list(proxies(subject(HTTPS_PROXY=address, NO_PROXY="*"), HEALTHY))
    assert [each.severity for each in found] == ["fine", "problem"]
    assert found[1].cure == "unset HTTPS_PROXY"


@pytest.mark.parametrize(
    ("libraries", "severity", "cure"),
    [
        ({}, "fine", ""),
        ({LIBRARY: True}, "fine", ""),
        ({LIBRARY: False}, "advice", "unset LD_PRELOAD"),
        ({LIBRARY: False, "libgomp.so.1": True}, "advice", "export LD_PRELOAD=libgomp.so.1"),
        ({LIBRARY: False, "$LIB/a.so": True}, "advice", "export LD_PRELOAD='$LIB/a.so'"),
    ],
)
def test_preloaded(libraries: dict[str, bool], severity: str, cure: str) -> None:
    found = judged(preloaded, Variables(None, (), libraries))
    assert (found.severity, found.cure) == (severity, cure)


def test_shadowed() -> None:
    assert judged(shadowed, HEALTHY).severity == "fine"
    found = judged(shadowed, Variables(None, ("/src/torch",), {}))
    assert (found.severity, found.cure) == ("advice", "unset PYTHONPATH")


def test_looking(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").touch()
    there = tmp_path / "lib.so"
    there.touch()
    found = look(subject(PYTHONPATH=str(tmp_path), LD_PRELOAD=f"{there}:/none/lib.so libm.so.6"))
    assert found.shadows == (str(tmp_path / "torch"),)
    assert found.preloaded == {str(there): True, "/none/lib.so": False, "libm.so.6": True}

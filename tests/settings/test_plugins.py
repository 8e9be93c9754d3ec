from importlib.metadata import EntryPoint

import pytest

from dragoman.settings import plugins


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], False),
        (["vllm.plugins.lora_resolvers.filesystem_resolver:register_filesystem_resolver"], False),
        (["vllm_bitsandbytes:register"], True),
    ],
)
def test_only_others_count(monkeypatch: pytest.MonkeyPatch, values: list[str], found: bool) -> None:
    points = [EntryPoint("name", value, plugins.GROUP) for value in values]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    assert plugins.has_plugins() == found

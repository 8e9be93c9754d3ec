"""Plugins of vLLM's, which add names that this worker cannot know."""

from importlib.metadata import entry_points

GROUP = "vllm.general_plugins"
_OWN = "vllm.plugins."


def has_plugins() -> bool:
    """Return whether a plugin is installed that vLLM does not come with."""
    return any(not plugin.value.startswith(_OWN) for plugin in entry_points(group=GROUP))

"""What the model is for: option.task, or HF_TASK."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dragoman.settings.retired.renamed import TASKS as VLLM_TASKS
from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.view import View

NAME = "hf_task"
# LMI's tasks in the words of vLLM's runner and convert; before them, those that vLLM itself had.
TASKS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        **VLLM_TASKS,
        "text-generation": {"runner": "generate"},
        "text-embedding": {"convert": "embed"},
        "feature-extraction": {"runner": "pooling", "convert": "embed"},
        "classify": {"convert": "classify"},
    }
)


def task(view: View) -> Iterator[Outcome]:
    """Say what the model is for as vLLM does today; where that is said too, it counts."""
    asked = view.settled(NAME)
    if asked is None:
        return
    if asked.value not in TASKS:
        yield Remark(f"{view.cite(NAME)} is ignored: vLLM chooses by the model; there are {', '.join(TASKS)}")
        return
    for name, value in TASKS[asked.value].items():
        if view.settled(name) is None:
            yield Change(name, value, asked.source, asked.rank)
        elif view.get(name) != value:
            yield Remark(f"{view.cite(NAME)} gives way to {view.cite(name)}")


RULES = (task,)

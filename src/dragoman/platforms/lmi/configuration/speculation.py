"""Speculative decoding with a draft model, as LMI had it before vLLM's speculative_config."""

from collections.abc import Iterator

from dragoman.settings.retired.entries import overrides
from dragoman.settings.retired.speculation import configuration
from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.values import quote
from dragoman.settings.view import View

DRAFT = "draft_model_id"
LENGTH = "spec_length"
_TARGET = "speculative_config"


def draft_model(view: View) -> Iterator[Outcome]:
    """Put the draft model and the number of tokens it speculates into speculative_config, unless that is set."""
    draft, length = view.settled(DRAFT), view.get(LENGTH)
    if draft is None:
        if length:
            yield Remark(f"{view.cite(LENGTH)} is ignored without {DRAFT}")
    elif overrides(view.settled(_TARGET), draft):
        yield Remark(f"{view.cite(DRAFT)} gives way to {view.cite(_TARGET)}")
    elif not length:
        yield Remark(f"{view.cite(DRAFT)} is ignored: set {LENGTH} to how many tokens to speculate, such as 5")
    else:
        config = configuration({"model": draft.value, "num_speculative_tokens": length})
        yield Change(_TARGET, config, draft.source, draft.rank)
        yield Remark(f"{view.cite(DRAFT)} and {view.cite(LENGTH)} became {_TARGET} {quote(config)}")


RULES = (draft_model,)

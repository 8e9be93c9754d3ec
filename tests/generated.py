"""JSON that hypothesis makes up."""

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["", "1", "true", "\ud800", "a,b"])
)
VALUES: st.SearchStrategy[object] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


def objects(*names: str, of: st.SearchStrategy[object] = VALUES) -> st.SearchStrategy[dict[str, object]]:
    """Objects that have some of these fields, with any values, and perhaps others.

    Args:
        names: what fields may be called, as those that are looked at are.
        of: their values.
    """
    return st.dictionaries(st.sampled_from(names) | st.text(), of, max_size=8)

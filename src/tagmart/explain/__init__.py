"""What is known of one thing, for whoever asks: what a tag means, where it comes from, what a change of it changes.

Names are imported when they are asked for: a rule that is tried must answer in about a second, and needs no tag specs.
"""

from importlib import import_module

_HOMES = {
    "diff_page": "diff", "diff_tags": "diff", "explain_tag": "tag", "try_tags": "trial", "write_lineage": "lineage",
}  # fmt: skip
__all__ = ["diff_page", "diff_tags", "explain_tag", "try_tags", "write_lineage"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"tagmart.explain.{_HOMES[name]}"), name)

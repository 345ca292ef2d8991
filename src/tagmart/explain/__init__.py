"""What is known of one thing, for whoever asks: what a tag means, where it comes from, what a change of it changes."""

from tagmart.explain.diff import diff_page, diff_tags
from tagmart.explain.lineage import write_lineage
from tagmart.explain.tag import explain_tag
from tagmart.explain.trial import try_tags

__all__ = ["diff_page", "diff_tags", "explain_tag", "try_tags", "write_lineage"]

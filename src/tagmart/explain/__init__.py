"""What is known of one thing, for whoever asks: what a tag means, and where its columns come from."""

from tagmart.explain.lineage import write_lineage
from tagmart.explain.tag import explain_tag

__all__ = ["explain_tag", "write_lineage"]

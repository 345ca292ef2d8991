"""What is known of one thing, for whoever asks: so far of a tag."""

from tagmart.explain.tag import explain_tag

__all__ = ["explain_tag"]

"""From candidate to what readers see: whole, immutable, in one step; and which of the published runs is current."""

from tagmart.publish.content import content_hash, label_candidate
from tagmart.publish.publishing import publish
from tagmart.publish.store import Published, apply_retention, current, latest_good, list_published, rollback

__all__ = [
    "Published", "apply_retention", "content_hash", "current", "label_candidate", "latest_good", "list_published", "publish",
    "rollback",
]

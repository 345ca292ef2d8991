"""From candidate to what readers see: whole, immutable, in one step; which of the published runs is current, and which are kept."""

from tagmart.publish.content import content_hash, label_candidate
from tagmart.publish.inputs import remember_sources
from tagmart.publish.labels import lay_out
from tagmart.publish.publishing import publish
from tagmart.publish.retention import Policy, held, hold, let_go, rotate_runs
from tagmart.publish.settle import roll_back, settle
from tagmart.publish.store import Published, current, latest_good, list_published, rollback

__all__ = [
    "Policy", "Published", "content_hash", "current", "held", "hold", "label_candidate", "latest_good", "lay_out", "let_go", "list_published",
    "publish", "remember_sources", "roll_back", "rollback", "rotate_runs", "settle",
]

"""From extract files to ods: verify the control file, decode, check every row, store a delivery as a whole or not at all."""

from tagmart.ingest.awaited import Awaited
from tagmart.ingest.facts import FeedFact
from tagmart.ingest.night import accept_delivery, ingest_night
from tagmart.ingest.overtaken import Overtaken, overtaken
from tagmart.ingest.resent import Resent, nights_from, resent

__all__ = [
    "Awaited", "FeedFact", "Overtaken", "Resent", "accept_delivery", "ingest_night", "nights_from", "overtaken", "resent",
]

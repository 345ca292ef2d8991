"""Drawn nights of leads: the tables of the night before, and what the detectors and the machinery say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from tagmart.core.duck import literal
from tagmart.leads import load_contract
from tests.drawn import PROJECT, Night, night, rendered

LEADS = Path(__file__).resolve().parents[1] / "models" / "leads"


class LeadNight(Night):
    """A night with the tags of the day before and the leads of the runs before."""

    def remember(self) -> None:
        """Make what `begin` makes."""
        for entity, tags in load_contract(LEADS).tags_before.items():
            columns = ", ".join(["customer_id varchar", *(f"{tag} {kind}" for tag, kind in tags.items())])
            self.duck.execute(f"create table ops.prior_tag_{entity} ({columns})")
        self.duck.execute("create table ops.published_run (biz_date date, run_id varchar)")
        self.duck.execute("create table ops.late_lead (lead_code varchar, as_of date, because varchar)")
        self.duck.execute(rendered("{{ lead_history_table() }}")[0])

    def table(self, name: str, columns: Mapping[str, str] | None = None) -> str:
        """The catalogues that are generated: that of leads as it is, that of segments without a row."""
        if name in ("lead_catalog", "segment_catalog") and name not in self.made:
            seeds = PROJECT / "seeds" / "generated"
            [seed] = yaml.safe_load((seeds / f"{name}.yml").read_text(encoding="utf-8"))["seeds"]
            self.make(name, f"from read_csv({literal(seeds / f'{name}.csv')}, columns = {seed['config']['column_types']}, header = true)"
                            + (" where false" if name == "segment_catalog" else ""))  # fmt: skip
        return super().table(name, columns)

    def before(self, customer: str, entity: str = "retail", **tags: object) -> None:
        """What the night before published of a customer."""
        names, values = ", ".join(tags), ", ".join("null" if value is None else f"'{value}'" for value in tags.values())
        self.duck.execute(f"insert into ops.prior_tag_{entity} (customer_id, {names}) values ('{customer}', {values})")

    def now(self, entity: str, customer: str, **tags: object) -> None:
        """What the night itself says of a customer."""
        self.draw(f"tags_{entity}", customer_id=customer, biz_date=self.biz_date, **tags)

    def raised(self, code: str) -> set[tuple[str, str, str]]:
        """What a detector raises: customer, variant, what the key names."""
        found = self.duck.execute(f"select customer_id, variant_code, dedupe_part from ({self.sql(f'lead_{code}')})").fetchall()
        assert len(found) == len(set(found))
        return set(found)

    def who(self, code: str) -> str:
        """The customers whom a detector names, and that its evidence is not of a later day."""
        late = self.duck.execute(f"select * from ({self.sql(f'lead_{code}')}) where evidence_to > '{self.biz_date}'").fetchall()
        assert not late
        return " ".join(sorted({customer for customer, _, _ in self.raised(code)}))


@contextmanager
def lead_night(customers: str = "", biz_date: str = "2026-06-30") -> Iterator[LeadNight]:
    """A drawn night for leads, with these customers of record."""
    with night(customers, biz_date=biz_date, kind=LeadNight) as drawn:
        drawn.remember()
        yield drawn

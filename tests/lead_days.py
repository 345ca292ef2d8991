"""A night's warehouse as it was at the end of any of its days: what the detectors of leads would have raised on them."""

from __future__ import annotations

from datetime import date

from tagmart.core.duck import connect, literal
from tagmart.leads import load_contract
from tagmart.tagspec.render import relation_of, renderer
from tests.drawn import PROJECT, text_of
from tests.lead_nights import LEADS
from tests.nights import Home

Found = set[tuple[str, str, date]]


class Days:
    """A night's warehouse at any of its days, as far as journals go back."""

    def __init__(self, home: Home) -> None:
        self.duck = connect()
        self.duck.execute(f"attach {literal(str(home.path / 'warehouse.duckdb'))} as warehouse (read_only)")
        self.duck.execute(f"attach {literal(str(home.current / 'tagmart.duckdb'))} as mart (read_only)")
        self.duck.execute("create schema ops; create table ops.run_context as from warehouse.ops.run_context")
        self.duck.execute("create table ops.feed_present as from warehouse.ops.feed_present")
        for entity, tags in load_contract(LEADS).tags_before.items():
            self.duck.execute(f"create table ops.prior_tag_{entity} (customer_id varchar, {', '.join(f'{tag} {kind}' for tag, kind in tags.items())})")
        self.duck.execute(f"create macro answer(name) as table from read_parquet({literal(str(home.landing))} || '/answers/' || name || '.parquet')")
        self.stand_ins: dict[str, str] = {}
        self.render = renderer(PROJECT, self._relation)

    def _relation(self, name: str) -> str:
        """A relation of the warehouse, of the mart, or what stands in for one at the day that is asked."""
        layer, _, rest = name.partition("_")
        if name in self.stand_ins:
            return f"({self.stand_ins[name]})"
        if layer == "tags":
            return f"mart.mart.{name}"
        return f'warehouse.{layer}."{rest}"' if layer in ("dwd", "dws") else f"warehouse.{relation_of(name)}"

    def turn_to(self, day: date) -> None:
        """Another business date."""
        self.duck.execute(f"update ops.run_context set biz_date = date {literal(day)}")

    def customers(self, truth: str) -> dict[str, list[tuple]]:
        """Answers by customer; the first column of the query is the customer's number in the bank."""
        rows = self.duck.execute(
            f"select xref.customer_id, truths.* exclude (ecif_no) from ({truth}) as truths"
            " join warehouse.dwd.party_xref as xref on xref.source_id = truths.ecif_no and xref.source_system = 'ecif'"
        ).fetchall()
        found: dict[str, list[tuple]] = {}
        for customer, *values in rows:
            found.setdefault(customer, []).append(tuple(values))
        return found

    def before(self, entity: str, query: str) -> None:
        """What the night before says: a query of the project's models, by name."""
        self.duck.execute(f"delete from ops.prior_tag_{entity}")
        self.duck.execute(f"insert into ops.prior_tag_{entity} by name ({self.render(query)})")

    def raised(self, code: str, day: date) -> Found:
        """What a detector raises at a day, and that its evidence is not of a later one."""
        self.turn_to(day)
        rows = self.duck.execute(f"select customer_id, dedupe_part, evidence_to from ({self.render(text_of(f'lead_{code}'))})").fetchall()
        assert all(evidence <= day for *_, evidence in rows)
        return {(customer, part, day) for customer, part, _ in rows}

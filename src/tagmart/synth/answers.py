"""What is true of the demo bank at a date, worked out from the world itself and not from its files or any query."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tagmart.synth import accounts as acc
from tagmart.synth import credit, fx, markets, names, relations
from tagmart.synth.cards.truths import card_truths
from tagmart.synth.corporate import truths as corporate
from tagmart.synth.flow_truths import flows, per_customer
from tagmart.synth.identity import feeds as identity
from tagmart.synth.identity.written import written_truths
from tagmart.synth.loan_truths import loan_truths
from tagmart.synth.marketing import feeds as marketing
from tagmart.synth.markets.truths import bridge_totals, market_truths
from tagmart.synth.merchants.truths import merchant_truths
from tagmart.synth.population import DORMANT, NEVER
from tagmart.synth.world import World
from tagmart.synth.write import day_dates, integers, money, pick, text

ASSETS = ("demand_bal", "term_bal", "cd_bal", *(f"{line}_bal" for line in markets.LINES), "transit_amt")
DORMANT_DAYS = 180


def write_answers(world: World, folder: Path, last: int) -> dict[str, object]:
    """Write what is true of one world as tables, one Parquet file each, and return its totals and counts.

    Args:
        world: the world.
        folder: where the tables go.
        last: the day index as of which is answered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = answer_tables(world, last)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    return {
        "totals": _totals(world, tables["customers"], last),
        "planted": _counts(tables["planted"]),
        "uplift": marketing.uplift_counts(world, last),
        "bridge": bridge_totals(world, last),
    }


def answer_tables(world: World, last: int) -> dict[str, pa.Table]:
    """customers (one row per customer, all of them), planted (events), and what every part of the world adds."""
    return {
        "customers": customers(world, last),
        "planted": planted_events(world, last),
        "life_event": life_events(world, last),
        "links": identity.links(world, last),
        "source_identity": written_truths(world, last),
        "merges": identity.merges(world, last),
        "households": identity.households(world, last),
        "campaign_member": marketing.campaign_members(world, last),
        "contact_violation": marketing.violations(world, last),
        **loan_truths(world, last),
        **market_truths(world, last),
        **card_truths(world, last),
        **merchant_truths(world, last),
        **corporate.answer_tables(world, last),
    }


def join_answers(
    blocks: Sequence[Path], summaries: Sequence[dict[str, object]], folder: Path, arguments: dict[str, object]
) -> None:
    """Put the tables of all blocks together in landing/answers, and write world.json with the totals of the bank.

    Args:
        blocks: folders that `write_answers` filled, in the order of the blocks.
        summaries: what it returned for each.
        folder: landing/answers.
        arguments: with which the bank was made; copied into world.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for first in sorted(blocks[0].glob("*.parquet")):
        with pq.ParquetWriter(folder / first.name, pq.read_schema(first), compression="zstd") as writer:
            for block in blocks:
                writer.write_table(pq.read_table(block / first.name))
    summary = {**arguments, **_added(summaries), "notes": NOTES | corporate.NOTES}
    (folder / "world.json").write_text(
        json.dumps(summary, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8"
    )


def _added(summaries: Sequence[dict]) -> dict:
    """Numbers of equal name added up, down all levels."""
    keys = dict.fromkeys(key for summary in summaries for key in summary)
    found = {}
    for key in keys:
        values = [summary[key] for summary in summaries if key in summary]
        found[key] = _added(values) if isinstance(values[0], dict) else sum(values[1:], values[0])
    return found


NOTES = {
    "money": "yuan, as decimals",
    "in_amt_N, out_amt_N": "all deposit accounts, last N days, any initiator; without own transfers and invest; "
    "a payment and its same-day reversal vanish, a later reversal is negative on its own day",
    "in_cnt_N, out_cnt_N, self_cnt_N": "the same movements, reversals not counted; self: begun by the customer",
    "invest_out_amt_N, invest_in_amt_N": "payments and paybacks of wealth and funds, left out above",
    "last_self_date": "last posting date of what the customer began and nobody undid that day; own transfers count, "
    "and days before the delivered history too",
    "last_act_date": "the same with what the customer began on credit cards",
    "transit_amt": "subscriptions paid and not confirmed, redemptions confirmed and not paid",
    "aum": "deposits, wealth products, funds, metals, savings bonds, trusts and transit; insurance is outside",
    "bridge": "aum_before + ext_net + interest_div + market + fx + scope + unexplained = aum_after, for the last day and "
    "the month so far. Funds and trusts are valued with the price of the last trading day before the night's date and not "
    "restated, all else with that of the day; foreign balances at the middle rate of the day, foreign movements at that of "
    "theirs, and fx is the rest of what their value changed by; premiums are ext_net",
    "silent_bizdays": "days since the last good sale on weekdays on which the merchant opens, holidays left out",
    "status_code": "as the customer file says; customers that are merged or erased are not in the spine",
}


def customers(world: World, last: int) -> pa.Table:
    """One row per customer: what is true at the end of day `last`."""
    people = world.people
    joined = people.open_day <= last
    columns: dict[str, pa.Array] = {
        "ecif_no": text(people.ecif_no),
        "is_known": pa.array(joined),
        **_person(world, last),
    }
    balances = _balances(world, last)
    columns |= {name: money(cents) for name, cents in balances.items()}
    columns["is_empty"] = pa.array(
        sum(balances[name] for name in ASSETS) < 100
    )
    columns |= flows(world, last) | _loans(world, last) | _service(world, last)
    table = pa.table(columns)
    return table.filter(pa.array(joined))


def status_at(world: World, last: int) -> np.ndarray:
    """The status of each customer at the end of a day, as an index of STATUSES."""
    people, spans = world.people, world.statuses
    status = np.where(people.has_account | np.isin(np.arange(people.size), world.cards.owner), 1, 0)
    begun = spans.start <= last
    status[spans.owner[begun]] = spans.kind[begun]
    return status


def _person(world: World, last: int) -> dict[str, pa.Array]:
    people, horizon = world.people, world.horizon
    today = horizon.dates[last]
    birth_month, today_month = people.birth.astype("datetime64[M]"), today.astype("datetime64[M]")
    months = (today_month - birth_month).astype(np.int64)
    before = (people.birth - birth_month.astype("datetime64[D]")) > (today - today_month.astype("datetime64[D]"))
    pay, paid_days = world.payments, world.payments.intent >= 0
    wages = np.flatnonzero(paid_days & (pay.pay_type == 0) & (pay.day <= last))
    first_pay = np.full(people.size, NEVER)
    np.minimum.at(first_pay, pay.payee[wages], pay.day[wages])
    last_pay = np.full(people.size, -1)
    np.maximum.at(last_pay, pay.payee[wages], pay.day[wages])
    is_payroll = (people.employer >= 0) & (last_pay >= 0)
    stopped = is_payroll & (people.pay_to <= last)
    return {
        "birth_date": day_dates(horizon, (people.birth - horizon.origin).astype(np.int64)),
        "age": integers((months - before) // 12),
        "status_code": pick(relations.STATUSES, status_at(world, last)),
        "band": integers(people.band),
        "is_payroll": pa.array(is_payroll & ~stopped),
        "employer": pick(
            [f"P{world.place.base(4) + at + 1:06d}" for at in range(people.employers)],
            np.where(is_payroll, people.employer, -1),
        ),
        "employer_name": pick(
            [names.employer_name(at, world.block) for at in range(people.employers)],
            np.where(is_payroll, people.employer, -1),
        ),
        "first_pay_date": day_dates(horizon, first_pay, ~is_payroll),
        "last_pay_date": day_dates(horizon, last_pay, ~is_payroll),
        "pay_stopped_date": day_dates(horizon, people.pay_to, ~stopped),
        "usual_pay_amt": money(people.income, ~is_payroll),
        "is_pension": pa.array(people.is_pension),
    }


def _balances(world: World, last: int) -> dict[str, np.ndarray]:
    book, orders = world.accounts, world.markets.orders
    alive = world.exists & (world.opened <= last) & (book.closing > last)
    found = {}
    for name, kind in (("demand_bal", acc.DEMAND), ("term_bal", acc.TERM), ("cd_bal", acc.CD)):
        at = np.flatnonzero(alive & (book.kind == kind))
        found[name] = per_customer(world, book.owner[at], world.balance[last][at])
    found["demand_bal"] += fx.summed_by_owner(world.fx, world.people.size, world.fx.base_balance(last, last)[0])
    held = markets.holdings(world.markets.lots, world.markets.shelf, last, last)
    lines = np.array(world.markets.shelf.lines)[held.product]
    for line in markets.LINES:
        found[f"{line}_bal"] = per_customer(world, held.owner[lines == line], held.market[lines == line])
    is_red = orders.kind == markets.RED
    paid = np.isin(orders.kind, (markets.SUB, markets.SIP)) & ~orders.failed & (orders.ordered <= last) & (orders.confirmed > last)
    due = is_red & (orders.confirmed <= last) & (orders.settled > last)
    found["transit_amt"] = per_customer(world, orders.owner[paid | due], orders.amt[paid | due])
    found["aum"] = sum(found.values())
    return {name: world.kept_by(last, cents) for name, cents in found.items()}


def _loans(world: World, last: int) -> dict[str, pa.Array]:
    notes, state, cards = world.notes, world.note_days, world.cards
    there = credit.on_book(state.there, notes.write_off, notes.entrusted)[:, last]
    columns = {}
    for kind, name in enumerate(credit.LOAN_KINDS):
        chosen = there & (notes.kind == kind)
        columns[f"loan_{name}_bal"] = money(per_customer(world, notes.owner[chosen], state.principal[chosen, last]))
    columns["loan_bal"] = money(per_customer(world, notes.owner[there], state.principal[there, last]))
    columns["loan_overdue_amt"] = money(per_customer(world, notes.owner[there], state.overdue[there, last]))
    worst = np.zeros(world.people.size, dtype=np.int64)
    np.maximum.at(worst, notes.owner[there], state.dpd[there, last])
    columns["loan_dpd"] = integers(worst)
    held = np.flatnonzero(cards.open_day <= last)
    card_dpd, holder = np.zeros(world.people.size, dtype=np.int64), world.holder(last)[cards.owner]
    np.maximum.at(card_dpd, holder[held], cards.dpd[held, last])
    columns["has_cc"] = pa.array(per_customer(world, holder[held], np.ones(len(held))) > 0)
    columns["cc_bal"] = money(per_customer(world, holder[held], cards.bal[held, last]))
    columns["cc_dpd"] = integers(card_dpd)
    return columns


def _service(world: World, last: int) -> dict[str, pa.Array]:
    people, events = world.people, world.events
    logins = (events.kind == 0) & (events.day > last - 30) & (events.day <= last)
    who = world.number_of(events.owner[logins], events.day[logins]).astype(np.int64)
    days = np.unique(who * 100_000 + events.day[logins]) // 100_000
    spans = world.managers
    managed = (spans.start <= last) & (spans.end > last)
    open_case = (world.complaints.start <= last) & (world.complaints.end > last)
    case = (world.court_cases.start <= last) & (world.court_cases.end > last)
    control = (world.controls.start <= last) & (world.controls.end > last)
    holder = world.holder(last)[world.accounts.owner]
    columns = {
        "login_days_30": integers(per_customer(world, days, np.ones(len(days)))),
        "login_cnt_30": integers(per_customer(world, who, np.ones(logins.sum()))),
        "has_manager": pa.array(per_customer(world, spans.owner[managed], np.ones(managed.sum())) > 0),
        "open_complaints": integers(per_customer(world, world.complaints.owner[open_case], np.ones(open_case.sum()))),
        "controls": integers(
            per_customer(world, holder[world.controls.owner[control]], np.ones(control.sum()))
        ),
        "open_court_cases": integers(per_customer(world, world.court_cases.owner[case], np.ones(case.sum()))),
    }
    given = world.consents
    marketing = (given.purpose == relations.CONSENT_PURPOSES.index("marketing")) & (given.day <= last)
    for channel, name in enumerate(relations.CONSENT_CHANNELS):
        # Consents are in the order of their time, so the last word stays.
        state = np.zeros(people.size, dtype=bool)
        at = np.flatnonzero(marketing & (given.channel == channel))
        state[given.owner[at]] = given.grants[at]
        columns[f"consent_{name}"] = pa.array(state)
    return columns


def planted_events(world: World, last: int) -> pa.Table:
    """Events that somebody should find: kind, customer, date and amount."""
    people, horizon = world.people, world.horizon
    stops = np.flatnonzero(world.people.single_stop & (people.pay_to <= last))
    moved = np.flatnonzero((people.employer >= 0) & (people.pay_to <= last) & ~people.single_stop)
    sleepers = np.flatnonzero(
        (people.activity == DORMANT) & (people.band > 0) & (people.quiet_day <= last - DORMANT_DAYS)
    )
    notes, dpd = world.notes, world.note_days.dpd[:, last]
    late = np.flatnonzero((dpd > 0) & world.note_days.there[:, last] & (notes.write_off > last))
    moves = world.big_moves[world.accepted[world.big_moves] > 0]
    by_intent = np.full(len(world.accepted) + 1, -1, dtype=np.int64)
    by_intent[world.legs.intent] = np.arange(len(world.legs.intent))
    leg = by_intent[moves]
    leg = leg[(leg >= 0) & (world.legs.day[leg] <= last)]
    legs = world.legs
    closed = np.flatnonzero((people.closing_day <= last) & people.has_account)
    none = np.zeros
    parts = [
        ("payroll_stop", stops, people.pay_to[stops], people.income[stops]),
        ("employer_moved", moved, people.pay_to[moved], people.income[moved]),
        ("dormant", sleepers, people.quiet_day[sleepers], none(len(sleepers))),
        ("overdue", notes.owner[late], last - dpd[late], world.note_days.overdue[late, last]),
        ("big_move", world.holder(last)[world.accounts.owner[legs.acct[leg]]], legs.day[leg], legs.amt[leg] * legs.sign[leg]),
        ("account_closed", closed, people.closing_day[closed], none(len(closed))),
        ("same_document", people.twins.ravel(), none(people.twins.size), none(people.twins.size)),
    ]
    kinds = np.repeat(np.arange(len(parts)), [len(part[1]) for part in parts])
    owner, day, cents = (np.concatenate([np.asarray(part[at], dtype=np.int64) for part in parts]) for at in (1, 2, 3))
    return pa.table(
        {
            "kind": pick([part[0] for part in parts], kinds),
            "ecif_no": pick(list(people.ecif_no), owner),
            "event_date": day_dates(horizon, day),
            "amt": money(cents),
        }
    )


def life_events(world: World, last: int) -> pa.Table:
    """When customers began to leave (churn), and when agency wages began and were paid for the last time."""
    people, pay, churners = world.people, world.payments, world.churners
    leavers = np.flatnonzero(churners.day <= last)
    good = np.flatnonzero((pay.pay_type == 0) & (pay.intent >= 0) & (pay.day <= last))
    first, final = np.full(people.size, NEVER), np.full(people.size, -1)
    np.minimum.at(first, pay.payee[good], pay.day[good])
    np.maximum.at(final, pay.payee[good], pay.day[good])
    # Who was paid from the first weeks of the world on was paid before, too.
    starts = np.flatnonzero((first < NEVER) & (first > 45))
    stops = np.flatnonzero((final >= 0) & (people.pay_to <= last))
    parts = (
        (churners.owner[leavers], churners.day[leavers]),
        (starts, first[starts]),
        (stops, final[stops]),
    )
    return pa.table(
        {
            "kind": pick(
                ("churn", "payroll_start", "payroll_stop"), np.repeat(np.arange(3), [len(part[0]) for part in parts])
            ),
            "ecif_no": pick(list(people.ecif_no), np.concatenate([part[0] for part in parts])),
            "event_date": day_dates(world.horizon, np.concatenate([part[1] for part in parts])),
        }
    )


def _counts(planted: pa.Table) -> dict[str, int]:
    counted = planted.column("kind").value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in counted}


def _totals(world: World, table: pa.Table, last: int) -> dict[str, object]:
    """Totals over all known customers."""
    sums = {
        name: pc.sum(table.column(name)).as_py() or Decimal(0)
        for name in (
            "demand_bal",
            "term_bal",
            "cd_bal",
            *(f"{line}_bal" for line in markets.LINES),
            "transit_amt",
            "aum",
            "loan_bal",
            "cc_bal",
        )
    }
    counts = {
        name: pc.sum(table.column(name).cast(pa.int64())).as_py()
        for name in ("is_empty", "is_payroll", "has_manager", "has_cc")
    }
    status = status_at(world, last)[world.people.open_day <= last]
    outside = np.isin(status, [relations.STATUSES.index(name) for name in ("merged", "erased")])
    return {"customers": table.num_rows, "spine": int(len(status) - outside.sum()), **counts, **sums}

"""The feeds about companies themselves: the customer file, ties between parties, and registers outside the bank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import reference
from tagmart.synth.corporate import registers as reg
from tagmart.synth.corporate.companies import CORP_TYPES, SIZES
from tagmart.synth.corporate.relations import LAG, RELATIONS, SOURCES, make_ties
from tagmart.synth.population import NEVER
from tagmart.synth.write import DELTA, FULL, Feed, constant, day_dates, decimals, flags, integers, money, pick, text

if TYPE_CHECKING:
    from tagmart.synth.world import World

STATUSES = ("normal", "closed")
LEVELS = ("nation", "province", "city")


def ecif_corp(world: World) -> Feed:
    """Companies when they join, when another person represents them and when they leave."""
    firms, horizon, known = world.companies, world.horizon, world.registers
    seen = np.where(known.new_rep_day < NEVER, known.new_rep_day + LAG, NEVER)
    renamed = np.flatnonzero((seen < horizon.size) & (seen > firms.open_day))
    gone = np.flatnonzero(firms.closing_day < NEVER)
    row = np.r_[np.arange(firms.size), renamed, gone]
    day = np.r_[firms.open_day, seen[renamed], firms.closing_day[gone]]
    rep = np.where(day >= seen[row], firms.size + row, row)
    orgs, outlet = reference.outlet_ids(), firms.outlet[row]
    kyc = firms.open_day + 365 * (1 + np.maximum(horizon.size - firms.open_day, 0) // 365)
    columns = {
        "ecif_no": pick(list(firms.ecif_no), row),
        "cust_name": pick(firms.name, row),
        "uscc": pick(firms.written_uscc, row),
        "corp_type": pick(CORP_TYPES, firms.kind[row]),
        "industry_code": pick([item.code for item in firms.industry], row),
        "size_code": pick(SIZES, firms.scale[row]),
        "staff_cnt": integers(firms.staff[row]),
        "reg_capital": money(firms.capital[row]),
        "found_date": day_dates(horizon, firms.founded[row]),
        "legal_rep_name": pick([*firms.rep_name, *known.new_rep], rep),
        "status_code": pick(STATUSES, (day >= firms.closing_day[row]).astype(int)),
        "open_date": day_dates(horizon, firms.open_day[row]),
        "open_org": pick(orgs, outlet),
        "mng_org": pick(orgs, np.where(firms.serial[row] % 13 == 0, (outlet + 3) % len(orgs), outlet)),
        "kyc_next_date": day_dates(horizon, kyc[row]),
        "group_id": pick(group_ids(world), firms.group[row]),
    }
    return Feed("ecif_corp", DELTA, columns, day, row)


def group_ids(world: World) -> list[str]:
    """Numbers of groups."""
    return [f"JT{world.place.base(4) + at + 1:06d}" for at in range(max(world.companies.groups, 1))]


def ecif_relation(world: World) -> Feed:
    """Ties when they begin and when they end."""
    ties, horizon = make_ties(world), world.horizon
    ends = np.flatnonzero(ties.end < horizon.size)
    row = np.r_[np.arange(len(ties.kind)), ends]
    over = np.arange(len(row)) >= len(ties.kind)
    columns = {
        "from_party": pick(ties.from_party, row),
        "from_name": pick(ties.from_name, row),
        "to_party": pick(ties.to_party, row),
        "rel_code": pick(RELATIONS, ties.kind[row]),
        "share_ratio": decimals(ties.share_bp[row], 4, ties.share_bp[row] == 0),
        "from_date": day_dates(horizon, ties.start[row]),
        "to_date": day_dates(horizon, ties.end[row], ~over),
        "source_code": pick(SOURCES, ties.source[row]),
    }
    return Feed("ecif_relation", DELTA, columns, np.where(over, ties.end[row], ties.start[row]), row)


def ext_bizreg(world: World) -> Feed:
    """The register's entry of every company, and its changes; the register writes the right code."""
    firms, horizon, known = world.companies, world.horizon, world.registers
    reps = np.flatnonzero(known.new_rep_day < NEVER)
    listed, freed = np.flatnonzero(known.abnormal_from < NEVER), np.flatnonzero(known.abnormal_to < horizon.size)
    gone = np.flatnonzero(firms.closing_day < NEVER)
    row = np.r_[np.arange(firms.size), reps, listed, freed, gone]
    day = np.r_[
        np.minimum(firms.founded + 5, -1), known.new_rep_day[reps], known.abnormal_from[listed], known.abnormal_to[freed],
        firms.closing_day[gone] + 30,
    ]
    # Of two changes on one day the register writes one entry.
    _, kept = np.unique(row * 10**7 + day, return_index=True)
    row, day = row[kept], day[kept]
    bad = (day >= known.abnormal_from[row]) & (day < known.abnormal_to[row])
    changed = day >= known.new_rep_day[row]
    rep = np.where(changed, firms.size + row, row)
    # With every second new representative comes as much capital again.
    capital = firms.capital[row] * np.where(changed & np.isin(row, reps[::2]), 2, 1)
    columns = {
        "uscc": pick(firms.uscc, row),
        "change_date": day_dates(horizon, day),
        "reg_name": pick(firms.name, row),
        "status_code": pick(("open", "cancelled"), (day >= firms.closing_day[row]).astype(int)),
        "legal_rep_name": pick([*firms.rep_name, *known.new_rep], rep),
        "capital_amt": money(capital),
        "shareholder_cnt": integers(1 + firms.serial[row] % 4),
        "is_abnormal": flags(bad),
        "abnormal_from": day_dates(horizon, known.abnormal_from[row], ~bad),
        "pledge_ratio": decimals(np.where(firms.serial[row] % 40 == 0, 3_000, 0), 4),
    }
    return Feed("ext_bizreg", DELTA, columns, day, np.arange(len(row)))


def _authorised(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Companies and lived months whose figures may be read: those that end while the authorisation lasts."""
    known, ends = world.registers, world.horizon.month_first[1:] - 1
    allowed = (known.auth_to[:, None] >= ends[None, :]) & (known.auth_from[:, None] < NEVER)
    allowed &= world.companies.founded[:, None] <= world.horizon.month_first[None, :-1]
    return np.nonzero(allowed)


def _authorisation(world: World, row: np.ndarray) -> dict:
    known, base = world.registers, world.place.base(5) + 1
    return {
        "auth_no": pick([f"SQ{base + at:07d}" for at in range(world.companies.size)], row),
        "auth_from": day_dates(world.horizon, known.auth_from[row]),
        "auth_to": day_dates(world.horizon, known.auth_to[row]),
    }


def ext_tax(world: World) -> Feed:
    """Monthly sales and taxes of companies that authorised the bank; whole in every delivery."""
    firms, horizon, known = world.companies, world.horizon, world.registers
    row, month = _authorised(world)
    ends = horizon.month_first[1:] - 1
    sales = known.sales[row, month]
    year = (horizon.origin + ends[month].astype("timedelta64[D]")).astype("datetime64[Y]").astype(np.int64) + 1969
    columns = {
        "uscc": pick(firms.uscc, row),
        "period": day_dates(horizon, ends[month]),
        "vat_sales_amt": money(sales),
        "tax_paid_amt": money(sales * 3 // 100),
        "credit_grade": pick(reg.GRADES, known.grade[row]),
        "grade_year": integers(year),
        **_authorisation(world, row),
    }
    return Feed("ext_tax", FULL, columns, ends[month] + 1)


def ext_customs(world: World) -> Feed:
    """Monthly exports and imports of companies that authorised the bank; whole in every delivery."""
    firms, horizon, known = world.companies, world.horizon, world.registers
    row, month = _authorised(world)
    trades = known.exports[row].sum(axis=1) > 0
    row, month = row[trades], month[trades]
    ends = horizon.month_first[1:] - 1
    columns = {
        "uscc": pick(firms.uscc, row),
        "period": day_dates(horizon, ends[month]),
        "export_amt": money(known.exports[row, month]),
        "import_amt": money(known.imports[row, month]),
        "credit_level": pick(("aeo", "general", "lost"), firms.serial[row] % 3),
        **_authorisation(world, row),
    }
    return Feed("ext_customs", FULL, columns, ends[month] + 1)


def ext_court(world: World) -> Feed:
    """Court cases of companies when filed and when closed; the court knows the register's code."""
    firms, horizon, known = world.companies, world.horizon, world.registers
    ends = np.flatnonzero(known.case_end < NEVER)
    row = np.r_[np.arange(len(known.case_owner)), ends]
    over = np.arange(len(row)) >= len(known.case_owner)
    base = world.place.base(4) + 1
    columns = {
        "case_no": pick([f"(2025)示例商初{base + at}号" for at in range(len(known.case_owner))], row),
        "id_no": pick(firms.uscc, known.case_owner[row]),
        "role_code": pick(("defendant", "plaintiff"), known.case_is_plaintiff[row].astype(int)),
        "kind_code": pick(reg.CASE_KINDS, known.case_kind[row]),
        "amt": money(known.case_cents[row]),
        "filed_date": day_dates(horizon, known.case_start[row]),
        "closed_date": day_dates(horizon, known.case_end[row], ~over),
    }
    return Feed("ext_court", DELTA, columns, np.where(over, known.case_end[row], known.case_start[row]), row)


def ext_list(world: World) -> Feed:
    """Lists of good companies as issued; whole in every delivery."""
    firms, horizon, known = world.companies, world.horizon, world.registers
    owner = known.list_owner
    columns = {
        "list_code": pick(reg.LIST_CODES, known.list_code),
        "batch": text([str(year) for year in known.list_batch]),
        "uscc": pick(firms.uscc, owner),
        "list_name": pick(firms.name, owner),
        "level_code": pick(LEVELS, np.where(known.list_code == reg.LITTLE_GIANT, 0, 1 + known.list_code % 2)),
        "from_date": day_dates(horizon, known.list_from),
        "to_date": day_dates(horizon, known.list_to),
        "source_code": constant("public", len(owner)),
    }
    return Feed("ext_list", FULL, columns, known.list_from)


def party_feeds(world: World) -> Iterator[Feed]:
    """All feeds about companies themselves."""
    yield ecif_corp(world)
    yield ecif_relation(world)
    yield ext_bizreg(world)
    yield ext_tax(world)
    yield ext_customs(world)
    yield ext_court(world)
    yield ext_list(world)

"""Profile: companies and merchants of a person, declared family, what was set by hand, recognition as a qualified investor."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import per_customer
from tests.naive.retail._person import counted, days_since, flag
from tests.naive.tally import in_force

BUSINESS = ["legal_rep", "controller", "ubo", "shareholder", "operator", "guarantor"]
FAMILY = ["spouse", "child", "supplementary"]


def tags(bank: Bank) -> pd.DataFrame:
    return pd.DataFrame(_business(bank) | _family(bank) | _by_hand(bank) | _qualified(bank))


def _business(bank: Bank) -> dict[str, pd.Series]:
    customers = bank.customers("retail")
    tie = in_force(bank.dwd("relation"), bank.day).rename(columns={"from_customer_id": "customer_id"})
    tie = tie[tie.customer_id.isin(customers) & (tie.to_entity == "corporate") & tie.rel_code.isin(BUSINESS)]
    of = {kind: tie[tie.rel_code == kind] for kind in BUSINESS}
    enough = float(bank.parameter("controller_share")) * 10_000
    led = pd.concat([of["legal_rep"], of["controller"][of["controller"].share_ratio >= enough], of["operator"]])

    merchant = bank.dwd("merchant").drop(columns="customer_id").rename(columns={"owner_customer_id": "customer_id"})
    merchant = merchant[merchant.customer_id.isin(customers) & (merchant.status_code == "normal")]
    begun = pd.concat([led, merchant.rename(columns={"start_date": "from_date"})])

    largest = led.merge(bank.dwd("company").rename(columns={"customer_id": "to_customer_id"}), on="to_customer_id")
    largest = largest.sort_values(["reg_capital", "to_customer_id"], ascending=[False, True], na_position="last")
    largest = largest.drop_duplicates("customer_id").set_index("customer_id").reindex(customers)
    counts = {
        "prof_legalrep_cnt": of["legal_rep"],
        "prof_controller_cnt": of["controller"],
        "prof_ubo_cnt": of["ubo"],
        "prof_shareholder_cnt": of["shareholder"],
        "prof_operator_cnt": of["operator"],
        "prof_guarantor_cnt": of["guarantor"],
        "prof_company_cnt": tie,
    }
    return {name: counted(rows, customers, "to_customer_id") for name, rows in counts.items()} | {
        "prof_is_biz_owner": flag(customers, begun.customer_id),
        "biz_link_cnt": counted(led, customers, "to_customer_id") + counted(merchant, customers),
        "prof_biz_first_date": per_customer(begun, "from_date", "min", customers),
        "prof_share_max_ratio": per_customer(of["shareholder"], "share_ratio", "max", customers),
        "prof_biz_industry_code": largest.industry_code.str[:1],
        "prof_biz_size_code": largest.size_code,
        "prof_biz_type_code": largest.corp_type_code,
        "prof_mer_cnt": counted(merchant, customers),
        "prof_mer_first_date": per_customer(merchant, "start_date", "min", customers),
    }


def _family(bank: Bank) -> dict[str, pd.Series]:
    """Declared ties only, seen from either side."""
    customers = bank.customers("retail")
    tie = in_force(bank.dwd("relation"), bank.day)
    tie = tie[tie.rel_code.isin(FAMILY)]
    sides = ["customer_id", "other", "rel_code", "from_date"]
    one = tie[["from_customer_id", "to_customer_id", "rel_code", "from_date"]].set_axis(sides, axis=1)
    two = tie[["to_customer_id", "from_customer_id", "rel_code", "from_date"]].set_axis(sides, axis=1)
    both = pd.concat([one, two])
    children = counted(one[one.rel_code == "child"], customers)
    spouses = flag(customers, both.customer_id[both.rel_code == "spouse"])
    return {
        # That none is declared does not mean that there is none.
        "prof_has_spouse_declared": spouses.mask(~spouses),
        "prof_has_child_declared": (children > 0).mask(children == 0),
        "prof_child_declared_cnt": children.mask(children == 0),
        "prof_is_child_declared": flag(customers, two.customer_id[(two.rel_code == "child") & two.other.notna()]),
        "prof_is_card_main": flag(customers, one.customer_id[one.rel_code == "supplementary"]),
        "prof_is_card_supplementary": flag(customers, two.customer_id[two.rel_code == "supplementary"]),
        "prof_household_cnt": counted(both, customers, "other"),
        "prof_household_date": per_customer(both, "from_date", "min", customers),
    }


def _by_hand(bank: Bank) -> dict[str, pd.Series]:
    customers = bank.customers("retail")
    setting = bank.dwd("override")
    ever = setting[setting.customer_id.isin(customers) & (setting.from_date <= bank.day)]
    now = in_force(ever, bank.day)
    family = now[now.kind_code == "family"].sort_values("from_date")
    return {
        "prof_override_cnt": counted(now, customers),
        "prof_override_cnt_ltd": counted(ever, customers),
        "prof_override_last_date": per_customer(ever, "from_date", "max", customers),
        "prof_is_excluded_by_hand": flag(customers, now.customer_id[now.kind_code == "exclude"]),
        "prof_family_override_code": per_customer(family, "value_code", "last", customers),
    }


def _qualified(bank: Bank) -> dict[str, pd.Series]:
    customers, day = bank.customers("retail"), bank.day
    recognised = bank.dwd("investor_recognition")
    recognised = recognised[~recognised.is_revoked & (recognised.test_date <= day)].sort_values("test_date")
    last = recognised.drop_duplicates("customer_id", keep="last").set_index("customer_id").reindex(customers)
    left = -days_since(last.expiry_date, day)
    return {"prof_is_qualified": left >= 0, "prof_qualified_days": left, "prof_qualified_date": last.test_date}

"""Profile: the managers of a customer, today and before."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside, per_customer
from tests.naive.retail._person import counted, days_since, flag, known, persons
from tests.naive.tally import in_force


def tags(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("retail"), bank.day
    assignment = bank.dwd("manager_assignment")
    assignment = assignment[assignment.customer_id.isin(customers) & (assignment.from_date <= day)]
    main = assignment[assignment.role_code == "main"].sort_values(["from_date", "manager_id"], ascending=[True, False])
    co = in_force(assignment[assignment.role_code == "co"], day)
    now = in_force(main, day).drop_duplicates("customer_id", keep="last").set_index("customer_id").reindex(customers)
    ended = per_customer(main[main.to_date <= day], "to_date", "max", customers)
    # The first ever is not a change, whenever it was.
    changes = main[main.duplicated("customer_id", keep="first")]
    home = persons(bank).mng_org
    found = {
        "prof_has_manager": flag(customers, now.index[now.manager_id.notna()]),
        "prof_manager_id": now.manager_id,
        "prof_manager_org": now.org_id,
        "prof_manager_since_date": now.from_date,
        "prof_manager_days": days_since(now.from_date, day),
        "prof_manager_share_ratio": now.share_ratio,
        "prof_is_manager_home": known(now.org_id == home, now.org_id, home),
        "prof_manager_head_cnt": now.manager_id.map(now.manager_id.value_counts()).astype("Int64"),
        "prof_co_manager_cnt": counted(co, customers, "manager_id"),
        "prof_manager_cnt_ltd": counted(main, customers, "manager_id"),
        "prof_manager_chg_cnt_l12m": counted(inside(changes, "from_date", "l12m", day), customers),
        "prof_manager_last_end_date": ended,
        "prof_manager_none_days": days_since(ended.where(now.manager_id.isna()), day),
    }
    return pd.DataFrame(found)

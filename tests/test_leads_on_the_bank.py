"""What the demo bank planted comes back as leads: each once, none before it happened; precision and recall are printed.

The detectors are asked day by day over the night's warehouse: journals keep every day, and the tags of the day before are
those that the project's own models say of that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tagmart.core.duck import literal
from tests.lead_days import Days
from tests.nights import Home

pytestmark = [pytest.mark.night, pytest.mark.xdist_group("month_end")]
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def days(month_end: Home) -> Iterator[Days]:
    found = Days(month_end)
    yield found
    found.duck.close()


def tell(kind: str, truths: set, hits: set, raised: int) -> None:
    """Precision and recall, for whoever runs the test with -s."""
    print(f"\n{kind}: planted {len(truths)}, found {len(truths & hits)}, raised {raised};"
          f" recall {len(truths & hits) / max(1, len(truths)):.2f}, precision {len(truths & hits) / max(1, raised):.2f}")


# The tier of the last evaluation, as the night before told it; whoever is not in question is in the lowest.
TIERS = """
select spine.customer_id, coalesce(rules.tier, 'mass') as tier_code, coalesce(tiers.measure_amt, 0) as aum_davg_lm
from {{ ref('dws_retail_spine') }} as spine
left join {{ ref('dws_retail_tier_month') }} as tiers
    on tiers.customer_id = spine.customer_id and tiers.eval_date = (select date_trunc('month', biz_date) from ops.run_context)
left join {{ ref('tier_rule') }} as rules on rules.tier_no = tiers.tier_no
"""


def test_large_movements_are_raised_on_their_day(days: Days) -> None:
    planted = days.customers("select ecif_no, event_date, amt from answer('planted') where kind = 'big_move' and amt > 0")
    truths, hits, raised = set(), set(), 0
    for customer, moves in planted.items():
        for day, amt in moves:
            days.turn_to(day)
            days.before("retail", TIERS)
            [(line,)] = days.duck.execute(days.render(f"select line_amt from ({{{{ lead_lines() }}}}) where customer_id = '{customer}'")).fetchall()
            if amt < line:
                continue
            truths.add((customer, day))
            of_day = {near: {who for who, _, _ in days.raised("big_in", day + near * DAY)} for near in (-1, 0, 1)}
            assert customer not in of_day[-1] | of_day[1], "before it happened, or again"
            raised += len(of_day[0])
            hits |= {(who, day) for who in of_day[0]}
    tell("big_move", truths, hits, raised)
    # Who is used to such sums, or passes them on at once, is not told of: not every planted move is a lead.
    assert truths and len(truths & hits) >= 0.75 * len(truths)


# Of how many heads an employer's last pay was of which this customer had a share.
HEADS = """
select own.customer_id, count(distinct others.party_id) as heads
from (select * from warehouse.dwd.pay_detail where pay_type = 'wage' and result_code = 'ok' and customer_id is not null
      qualify row_number() over (partition by customer_id order by pay_date desc) = 1) as own
join warehouse.dwd.pay_detail as others on others.batch_no = own.batch_no and others.pay_type = 'wage' and others.result_code = 'ok'
group by own.customer_id
"""


def test_wages_that_stopped_are_raised_once_when_forty_five_days_are_over(days: Days) -> None:
    planted = days.customers("select ecif_no, event_date from answer('planted') where kind = 'payroll_stop'")
    last = days.duck.execute("select biz_date from warehouse.ops.run_context").fetchone()[0]
    stopped = dict(days.duck.execute("select customer_id, pay_stop_days from mart.mart.tags_retail where pay_stop_days >= 45").fetchall())
    heads = dict(days.duck.execute(HEADS).fetchall())
    truths, hits, raised = set(), set(), 0
    for customer in planted.keys() & stopped.keys():
        crossing = last - DAY * (stopped[customer] - 45)
        of_day = {}
        for day in (crossing - DAY, crossing, crossing + DAY):
            # Days since a pay that does not come grow by one a day: what the tag said then follows from what it says now.
            said = f"select customer_id, cast(greatest(0, pay_stop_days - {(last - day).days}{{}}) as integer) as pay_stop_days from mart.mart.tags_retail"
            days.before("retail", said.format(" - 1"))
            days.stand_ins = {"tags_retail": said.format("")}
            of_day[day] = {who for who, _, _ in days.raised("pay_stop", day)}
            days.stand_ins = {}
        assert customer not in of_day[crossing - DAY] and customer not in of_day[crossing + DAY]
        raised += len(of_day[crossing])
        hits |= of_day[crossing]
        # An employer of three heads that loses one does not pay 70 % of them any more, and nobody is told.
        if heads[customer] >= 4:
            truths.add(customer)
    tell("payroll_stop", truths, hits, raised)
    assert truths and truths <= hits


def test_changes_of_companies_are_raised_when_they_are_registered(days: Days) -> None:
    planted = days.customers("select ecif_no, kind, event_date from answer('corporate_warnings') where kind in ('legal_rep_changed', 'abnormal')")
    days.duck.execute("delete from ops.prior_tag_corporate")
    days.duck.execute("insert into ops.prior_tag_corporate by name select customer_id, 1 as crd_used_amt from warehouse.dws.corporate_spine")
    truths, hits, raised = set(), set(), 0
    for customer, events in planted.items():
        for _, day in events:
            truths.add((customer, day))
            assert (customer, f"registry|{day}", day - DAY) not in days.raised("corp_change", day - DAY)
            found = {(who, day) for who, part, _ in days.raised("corp_change", day) if part == f"registry|{day}"}
            raised += len(found)
            hits |= found
    tell("corporate changes", truths, hits, raised)
    assert truths and truths <= hits


def test_limits_nobody_drew_are_raised_on_the_thirtieth_day(days: Days) -> None:
    planted = days.customers("select ecif_no, event_date from answer('corporate_warnings') where kind = 'limit_undrawn'")
    truths, hits, raised = set(), set(), 0
    for customer, events in planted.items():
        for (day,) in events:
            truths.add(customer)
            assert customer not in {who for who, _, _ in days.raised("limit_undrawn", day + 29 * DAY)}
            found = {who for who, _, _ in days.raised("limit_undrawn", day + 30 * DAY)}
            raised += len(found)
            hits |= found
    tell("limit_undrawn", truths, hits, raised)
    assert truths and truths <= hits


def test_new_partners_of_companies_are_raised_on_their_first_large_receipt(days: Days) -> None:
    planted = set(days.customers("select ecif_no, true as is_planted from answer('companies') where has_new_partner"))
    last = days.duck.execute("select biz_date from warehouse.ops.run_context").fetchone()[0]
    found = set().union(*(days.raised("corp_new_cp", last - DAY * back) for back in range(60)))
    keys = [(who, part) for who, part, _ in found]
    assert len(keys) == len(set(keys)), "a counterparty is new once"
    tell("new partner", planted, {who for who, _, _ in found}, len({who for who, _, _ in found}))
    assert planted <= {who for who, _, _ in found}


def test_the_published_leads_are_of_customers_and_hold_no_identifier(month_end: Home, days: Days) -> None:
    """Whatever the first night can say: leads that need a night before are not raised, and the catalogue says so."""
    leads = "mart.mart.event_lead"
    states = {(code, variant): state for code, variant, state in days.duck.execute(
        "select lead_code, variant_code, state_code from mart.mart.lead_catalog").fetchall()}  # fmt: skip
    assert states["big_in", "main"] == "no_yesterday" and states["td_due", "main"] == "evaluated" and len({code for code, _ in states}) == 20
    # Of a shop whose sales collapse, or an employer that stopped, nothing is asked of the night before.
    assert {states["mer_silent", "drop"], states["pay_stop", "employer"]} == {"evaluated"}
    raised = set(days.duck.execute(f"select distinct lead_code, variant_code from {leads}").fetchall())
    assert {states[one] for one in raised} <= {"evaluated"}
    secret = {row[0] for row in days.duck.execute("select mobile from warehouse.dwd.contact union select id_no from warehouse.dwd.party"
                                                  " union select acct_no from warehouse.dwd.account").fetchall() if row[0]}  # fmt: skip
    for table in ("event_lead", "contact_list", "contact_suppressed"):
        columns = [row[0] for row in days.duck.execute(f"describe mart.mart.{table}").fetchall()]
        for column in columns:
            said = {str(row[0]) for row in days.duck.execute(f"select distinct {column} from mart.mart.{table}").fetchall()}
            assert not said & secret, f"{table}.{column}"
    both = "select campaign_code, channel, customer_id from mart.mart.contact_list intersect select campaign_code, channel, customer_id from mart.mart.contact_suppressed"
    assert days.duck.execute(both).fetchall() == []


def test_a_list_is_exported_for_the_owner_only_and_it_is_written_down(month_end: Home, days: Days, tmp_path: Path) -> None:
    channels = [row[0] for row in days.duck.execute("select distinct channel from mart.mart.contact_list").fetchall()]
    if not channels:
        assert "nobody is on the list" in month_end.tagmart("contact", "export", "--channel", "sms", "--to", str(tmp_path / "x.csv"), check=False).stderr
        return
    target = tmp_path / "list.csv"
    days.duck.execute("detach warehouse")
    month_end.tagmart("contact", "export", "--channel", channels[0], "--to", str(target))
    days.duck.execute(f"attach {literal(str(month_end.path / 'warehouse.duckdb'))} as warehouse (read_only)")
    assert target.stat().st_mode & 0o777 == 0o600
    header, *rows = target.read_text("utf-8").splitlines()
    [said] = month_end.state.rows("select * from contact_export")
    assert said["rows"] == len(rows) and said["columns"].split() == header.split(",") and said["channel"] == channels[0]
    again = month_end.tagmart("contact", "export", "--channel", channels[0], "--to", str(target), check=False)
    assert again.returncode == 1 and "is there already" in again.stderr

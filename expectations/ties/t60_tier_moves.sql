-- a row is one amount on one side: left the number of a customer's tier, right that of the day before, but on the day of evaluation
with today as (
    select customer_id, tier_no from tier_days where is_today
),

yesterday as (
    select customer_id, tier_no from tier_days where not is_today
),

excused as (
    -- A tier may change by an override that begins or ends, by a merge, and while a customer is new: before its first full month.
    select customer_id from warehouse.dwd.override where from_date = getvariable('biz_date') or to_date = getvariable('biz_date')
    union
    select into_customer_id as customer_id from warehouse.dwd.party_merge where merge_date = getvariable('biz_date')
    union
    select customer_id from warehouse.dwd.party where open_date >= date_trunc('month', getvariable('biz_date')) - interval 1 month
),

both_days as (
    select today.customer_id, today.tier_no as tier_no, yesterday.tier_no as tier_before
    from today
    inner join yesterday on today.customer_id = yesterday.customer_id
    anti join excused on today.customer_id = excused.customer_id
    -- Tiers are judged once a month, on its first day.
    where day(getvariable('biz_date')) <> 1
)

select 'left' as side, null as gl_org, 'tier' as subject, 'tier' as ccy, customer_id as key, tier_no as amount
from both_days
union all
select 'right' as side, null as gl_org, 'tier' as subject, 'tier' as ccy, customer_id as key, tier_before as amount
from both_days

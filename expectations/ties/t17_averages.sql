-- a row is one amount on one side: left a customer's day average of deposits this month times its days, right what the core counted
with averages as (
    select customer_id, dep_davg_mtd from mart.tags_retail
    union all
    select customer_id, dep_davg_mtd from mart.tags_corporate
),

rates as (
    select ccy, rate_date, rate from warehouse.dwd.fx_rate
)

select
    'left' as side,
    null as gl_org,
    'deposits' as subject,
    'CNY' as ccy,
    customer_id as key,
    dep_davg_mtd * day(getvariable('biz_date')) as amount
from averages
union all
select
    'right' as side, null as gl_org, 'deposits' as subject, 'CNY' as ccy, account.customer_id as key,
    cast(cast(core.gained as decimal(38, 2)) * coalesce(rates.rate, 1) as decimal(18, 2)) as amount
from warehouse.dwd.ledger_accum as core
left join warehouse.dwd.account as account on core.acct_no = account.acct_no
left join rates on core.ccy = rates.ccy and core.bal_date = rates.rate_date
-- Margin is not the customer's to spend: no tag counts it as a deposit.
where account.kind_code <> 'margin'

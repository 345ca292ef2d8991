-- a row is one part of a customer's assets: what there is (after), what there was (before), or what explains the change between
with assets as (
    select
        customer_id,
        sum(case when acct_date = getvariable('biz_date') then bal else 0 end) as bal,
        sum(case when acct_date = getvariable('biz_date') then 0 else bal end) as bal_before
    from warehouse.dws.retail_asset_daily
    where acct_date between getvariable('biz_date') - 1 and getvariable('biz_date')
    group by customer_id
),

accounts as (
    select acct_no, customer_id from warehouse.dwd.account where entity = 'retail' and kind_code <> 'margin'
),

parts as (
    select customer_id, 'after' as part, bal as amount
    from assets
    union all
    select customer_id, 'before' as part, bal_before as amount
    from assets
    union all
    -- External flow, and interest: whatever moved on accounts but to and from investments. Between own accounts it nets itself.
    select accounts.customer_id, 'flow' as part, case when leg.direction = 'in' then leg.amt else -leg.amt end as amount
    from warehouse.dwd.transaction as leg
    inner join accounts on leg.acct_no = accounts.acct_no
    where leg.acct_date = getvariable('biz_date') and leg.purpose <> 'invest'
    union all
    -- Exchange: what was there the day before, at the rates of both days.
    select
        accounts.customer_id, 'fx' as part,
        cast(balance.bal_orig * today.rate as decimal(18, 2)) - balance.bal as amount
    from warehouse.dwd.account_balance_daily as balance
    inner join accounts on balance.acct_no = accounts.acct_no
    inner join warehouse.dwd.fx_rate as today on balance.ccy = today.ccy and today.rate_date = getvariable('biz_date')
    where balance.bal_date = getvariable('biz_date') - 1
    union all
    -- Market: what holdings are worth more, less what was bought and plus what was sold. That units moved by orders alone is
    -- a tie of its own (t13_unit_roll).
    select customer_id, 'market' as part, case when hold_date = getvariable('biz_date') then market_amt else -market_amt end as amount
    from warehouse.dwd.holding
    where hold_date between getvariable('biz_date') - 1 and getvariable('biz_date')
    union all
    select
        customer_id, 'market' as part,
        case
            when order_type in ('sub', 'sip') then -amt
            when order_type = 'red' or (order_type = 'div' and coalesce(units, 0) = 0) then amt
            else 0
        end as amount
    from warehouse.dwd."order"
    where confirm_date = getvariable('biz_date') and status_code <> 'failed'
)

select customer_id, part, cast(amount as decimal(24, 4)) as amount
from parts

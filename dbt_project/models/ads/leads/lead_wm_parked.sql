-- a row is one redemption of a retail customer that was settled three workdays ago and still lies in demand deposits
with night as (
    {{ night_dates() }}
),

-- A day of rest is no day on which three workdays have passed: that was the workday before it.
workdays as (
    select calendar_day.cal_date
    from {{ ref('calendar_day') }} as calendar_day
    where calendar_day.is_workday
),

orders as (
    select orders.*, night.biz_date
    from {{ ref('dwd_order') }} as orders
    inner join night on orders.order_date <= night.biz_date
),

-- Thirty days hold any three workdays; the bound only spares counting workdays of old redemptions.
redemptions as (
    select orders.*
    from orders
    where
        orders.order_type = 'red' and orders.status_code = 'settled' and orders.settle_date <= orders.biz_date
        and orders.settle_date > orders.biz_date - 30
        and orders.amt >= {{ lead_threshold('parked_min_amt') }}
),

passed as (
    select redemptions.order_no, count(workdays.cal_date) as workday_cnt, bool_or(workdays.cal_date = redemptions.biz_date) as is_workday
    from redemptions
    inner join workdays on redemptions.settle_date < workdays.cal_date and redemptions.biz_date >= workdays.cal_date
    group by redemptions.order_no
),

balances as (
    select balances.customer_id, sum(balances.bal) as bal
    from {{ ref('dwd_account_balance_daily') }} as balances
    inner join night on balances.bal_date = night.biz_date
    where balances.entity = 'retail' and balances.prod = 'demand'
    group by balances.customer_id
),

-- Whoever ordered anything since has been thinking of her money; savings plans and dividends come of themselves.
final as (
    select
        redemptions.customer_id,
        'main' as variant_code,
        {{ evidence_key('order', 'redemptions.order_no') }} as dedupe_part,
        redemptions.settle_date as evidence_from,
        redemptions.biz_date as evidence_to,
        {{ evidence_key('order', 'redemptions.order_no') }} as evidence_keys,
        1 as evidence_cnt,
        redemptions.amt,
        cast(null as date) as expiry_date
    from redemptions
    inner join passed on redemptions.order_no = passed.order_no
    inner join balances on redemptions.customer_id = balances.customer_id
    left join orders as later_orders
        on
            redemptions.customer_id = later_orders.customer_id
            and redemptions.order_no <> later_orders.order_no
            and later_orders.order_type not in ('sip', 'div') and later_orders.status_code <> 'failed'
            and redemptions.settle_date <= later_orders.order_date
    where
        passed.workday_cnt = {{ lead_threshold('parked_workdays') }} and passed.is_workday
        and balances.bal >= {{ lead_threshold('parked_ratio') }} * redemptions.amt
        and later_orders.order_no is null
)

select * from final

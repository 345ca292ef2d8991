-- a row is what one customer's orders of one kind came to on one day: settled redemptions, other orders as confirmed
-- A plain table: an order is a state, and its later states change earlier days. There are few orders.
with orders as (
    select *
    from {{ ref('dwd_order') }}
    -- Metals, bonds and trusts have no tags of their orders; a conversion is neither a purchase nor a redemption.
    where customer_id is not null and line_code in ('wm', 'fund') and order_type <> 'conv'
),

-- A redemption counts on the day its money arrives, the rest on the day of confirmation; a failed order has only its own day.
dated as (
    select
        customer_id,
        line_code as prod,
        order_type,
        amt,
        status_code = 'failed' as is_failed,
        case
            when status_code = 'failed' then order_date
            when order_type = 'red' then settle_date
            else confirm_date
        end as acct_date
    from orders
),

final as (
    select
        dated.customer_id,
        dated.acct_date,
        dated.prod,
        dated.order_type as "order",
        cast(coalesce(sum(case when not dated.is_failed then dated.amt end), 0) as decimal(18, 2)) as amt_sum,
        max(case when not dated.is_failed then dated.amt end) as amt_max,
        cast(sum(case when dated.is_failed then 0 else 1 end) as integer) as cnt,
        cast(sum(case when dated.is_failed then 1 else 0 end) as integer) as fail_cnt
    from dated
    -- An order that has not got so far carries no date, or one after D.
    where dated.acct_date <= {{ biz_date() }}
    group by dated.customer_id, dated.acct_date, dated.prod, dated.order_type
)

select * from final

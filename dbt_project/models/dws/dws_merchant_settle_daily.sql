-- a row is what one merchant was settled on one day, by where the money went
{{ config(materialized='daily', date_column='settle_date', part='customer_id') }}
with settlements as (
    select *
    from {{ ref('dwd_merchant_settlement') }}
    where customer_id is not null and {{ daily_rows('settle_date', 'customer_id') }}
),

final as (
    select
        settlements.customer_id,
        settlements.settle_date,
        settlements.dest,
        cast(sum(case when settlements.is_returned then 0 else settlements.net_amt end) as decimal(18, 2)) as amt_sum,
        max(case when not settlements.is_returned then settlements.net_amt end) as amt_max,
        cast(count(case when not settlements.is_returned then 1 end) as integer) as cnt,
        cast(sum(case when settlements.is_returned then settlements.net_amt else 0 end) as decimal(18, 2)) as returned_amt,
        cast(count(case when settlements.is_returned then 1 end) as integer) as returned_cnt
    from settlements
    group by settlements.customer_id, settlements.settle_date, settlements.dest
)

select * from final

-- a row is one partial table whose slices do not add up to what they were folded from
with sums as (
    select 'retail_transaction_daily' as table_name, sum(amt_sum) as amt_total, sum(cnt) as cnt_total
    from {{ ref('dws_retail_transaction_daily') }}
    union all
    select 'retail_pay_daily' as table_name, sum(amt_sum) as amt_total, sum(cnt) as cnt_total
    from {{ ref('dws_retail_pay_daily') }}
    union all
    select 'corporate_transaction_daily' as table_name, sum(amt_sum) as amt_total, sum(cnt) as cnt_total
    from {{ ref('dws_corporate_transaction_daily') }}
    union all
    select 'corporate_pay_daily' as table_name, sum(amt_sum) as amt_total, sum(cnt) as cnt_total
    from {{ ref('dws_corporate_pay_daily') }}
    union all
    select 'retail_channel_daily' as table_name, sum(stay_sec) as amt_total, sum(cnt) as cnt_total
    from {{ ref('dws_retail_channel_daily') }}
    union all
    select 'retail_liability_daily' as table_name, sum(bal) as amt_total, null as cnt_total
    from {{ ref('dws_retail_liability_daily') }}
    union all
    select 'retail_asset_daily' as table_name, sum(bal) as amt_total, null as cnt_total
    from {{ ref('dws_retail_asset_daily') }}
    where prod <> 'transit'
    union all
    select 'merchant_transaction_daily' as table_name, sum(amt_sum) as amt_total, sum(cnt) as cnt_total
    from {{ ref('dws_merchant_transaction_daily') }}
    union all
    select 'merchant_settle_daily' as table_name, sum(amt_sum + returned_amt) as amt_total, sum(cnt + returned_cnt) as cnt_total
    from {{ ref('dws_merchant_settle_daily') }}
)

select
    controls.table_name,
    controls.amt_total as amt_expected,
    sums.amt_total as amt_found,
    controls.cnt_total as cnt_expected,
    sums.cnt_total as cnt_found
from {{ ref('dws_control_total') }} as controls
left join sums on controls.table_name = sums.table_name
where
    controls.amt_total <> coalesce(sums.amt_total, 0)
    or controls.cnt_total <> coalesce(sums.cnt_total, 0)

-- a row is one partial table and what the rows it was folded from come to: the slices must add up to it
with transactions as (
    select
        'retail_transaction_daily' as table_name,
        sum(amt) as amt_total,
        sum(case when is_reversal then 0 else 1 end) as cnt_total
    from {{ ref('dwd_transaction') }}
    where entity = 'retail' and not is_void and cp_class <> 'own'
),

pay_details as (
    select 'retail_pay_daily' as table_name, sum(amt) as amt_total, count(*) as cnt_total
    from {{ ref('dwd_pay_detail') }}
    where customer_id is not null and result_code = 'ok'
),

channel_events as (
    select 'retail_channel_daily' as table_name, sum(coalesce(stay_sec, 0)) as amt_total, count(*) as cnt_total
    from {{ ref('dwd_channel_event') }}
    where customer_id is not null and (event_kind <> 'view' or stay_sec >= {{ parameter('view_min_sec') }})
),

liabilities as (
    select 'retail_liability_daily' as table_name, sum(amt) as amt_total, null as cnt_total
    from (
        select principal_amt as amt from {{ ref('dwd_loan_note') }} where entity = 'retail'
        union all
        select bal as amt from {{ ref('dwd_credit_card') }} where customer_id is not null
    )
),

-- Money in transit is spread over days by the partial itself, so only what is delivered per day can be compared.
assets as (
    select 'retail_asset_daily' as table_name, sum(amt) as amt_total, null as cnt_total
    from (
        select bal as amt from {{ ref('dwd_account_balance_daily') }} where entity = 'retail'
        union all
        select market_amt as amt from {{ ref('dwd_holding') }} where customer_id is not null
    )
),

merchant_sales as (
    select 'merchant_transaction_daily' as table_name, sum(amt) as amt_total, count(case when not is_refund then 1 end) as cnt_total
    from {{ ref('dwd_merchant_transaction') }}
    where is_ok
),

merchant_settlements as (
    select 'merchant_settle_daily' as table_name, sum(net_amt) as amt_total, count(*) as cnt_total
    from {{ ref('dwd_merchant_settlement') }}
),

corporate_flows as (
    select
        'corporate_transaction_daily' as table_name,
        sum(amt) as amt_total,
        sum(case when is_reversal then 0 else 1 end) as cnt_total
    from {{ ref('dwd_transaction') }}
    where entity = 'corporate' and not is_void and cp_class <> 'own'
),

corporate_pay_details as (
    select 'corporate_pay_daily' as table_name, sum(amt) as amt_total, count(*) as cnt_total
    from {{ ref('dwd_pay_detail') }}
    where payer_customer_id is not null and result_code = 'ok'
),

unioned as (
    select * from transactions
    union all
    select * from corporate_flows
    union all
    select * from corporate_pay_details
    union all
    select * from pay_details
    union all
    select * from channel_events
    union all
    select * from liabilities
    union all
    select * from assets
    union all
    select * from merchant_sales
    union all
    select * from merchant_settlements
),

final as (
    select
        unioned.table_name,
        cast(coalesce(unioned.amt_total, 0) as decimal(38, 2)) as amt_total,
        cast(coalesce(unioned.cnt_total, 0) as bigint) as cnt_total
    from unioned
)

select * from final

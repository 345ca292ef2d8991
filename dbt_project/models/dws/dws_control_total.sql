-- a row is one partial table and day, and what the rows it was folded from come to: the slices must add up to it
-- A plain table of the last month and of the days that this run has built.
with transaction_days as (
    {{ days_to_check(['dwd_transaction']) }}
),

pay_days as (
    {{ days_to_check(['dwd_pay_detail']) }}
),

channel_days as (
    {{ days_to_check(['dwd_channel_event']) }}
),

liability_days as (
    {{ days_to_check(['dwd_loan_note', 'dwd_credit_card']) }}
),

asset_days as (
    {{ days_to_check(['dwd_account_balance_daily', 'dwd_holding']) }}
),

sale_days as (
    {{ days_to_check(['dwd_merchant_transaction']) }}
),

settlement_days as (
    {{ days_to_check(['dwd_merchant_settlement']) }}
),

transactions as (
    select
        'retail_transaction_daily' as table_name,
        acct_date,
        sum(amt) as amt_total,
        sum(case when is_reversal then 0 else 1 end) as cnt_total
    from {{ ref('dwd_transaction') }}
    where acct_date in (select transaction_days.day from transaction_days) and entity = 'retail' and not is_void and cp_class <> 'own'
    group by acct_date
),

pay_details as (
    select 'retail_pay_daily' as table_name, pay_date as acct_date, sum(amt) as amt_total, count(*) as cnt_total
    from {{ ref('dwd_pay_detail') }}
    where pay_date in (select pay_days.day from pay_days) and customer_id is not null and result_code = 'ok'
    group by pay_date
),

channel_events as (
    select
        'retail_channel_daily' as table_name,
        event_date as acct_date,
        sum(coalesce(stay_sec, 0)) as amt_total,
        count(*) as cnt_total
    from {{ ref('dwd_channel_event') }}
    where
        event_date in (select channel_days.day from channel_days)
        and customer_id is not null
        and (event_kind <> 'view' or stay_sec >= {{ parameter('view_min_sec') }})
    group by event_date
),

liabilities as (
    select 'retail_liability_history' as table_name, acct_date, sum(amt) as amt_total, null as cnt_total
    from (
        select bal_date as acct_date, principal_amt as amt from {{ ref('dwd_loan_note') }} where entity = 'retail'
        union all
        select bal_date as acct_date, bal as amt from {{ ref('dwd_credit_card') }} where customer_id is not null
    )
    where acct_date in (select liability_days.day from liability_days)
    group by acct_date
),

assets as (
    select 'retail_held_history' as table_name, acct_date, sum(amt) as amt_total, null as cnt_total
    from (
        select bal_date as acct_date, bal as amt from {{ ref('dwd_account_balance_daily') }}
        where entity = 'retail' and prod <> 'margin'
        union all
        select hold_date as acct_date, market_amt as amt from {{ ref('dwd_holding') }} where customer_id is not null
    )
    where acct_date in (select asset_days.day from asset_days)
    group by acct_date
),

held_totals as (
    select 'retail_held_total_history' as table_name, acct_date, sum(amt) as amt_total, null as cnt_total
    from (
        select acct_date, amt_total as amt from assets
        union all
        select bal_date as acct_date, bal as amt
        from {{ ref('dwd_account_balance_daily') }}
        where bal_date in (select asset_days.day from asset_days) and entity = 'retail' and prod in ('demand', 'term', 'cd')
    )
    group by acct_date
),

merchant_sales as (
    select
        'merchant_transaction_daily' as table_name,
        acct_date,
        sum(amt) as amt_total,
        count(case when not is_refund then 1 end) as cnt_total
    from {{ ref('dwd_merchant_transaction') }}
    where acct_date in (select sale_days.day from sale_days) and customer_id is not null and is_ok
    group by acct_date
),

merchant_settlements as (
    select 'merchant_settle_daily' as table_name, settle_date as acct_date, sum(net_amt) as amt_total, count(*) as cnt_total
    from {{ ref('dwd_merchant_settlement') }}
    where settle_date in (select settlement_days.day from settlement_days) and customer_id is not null
    group by settle_date
),

corporate_assets as (
    select 'corporate_asset_history' as table_name, bal_date as acct_date, sum(bal) as amt_total, null as cnt_total
    from {{ ref('dwd_account_balance_daily') }}
    where bal_date in (select asset_days.day from asset_days) and entity = 'corporate'
    group by bal_date
),

corporate_liabilities as (
    select 'corporate_liability_history' as table_name, bal_date as acct_date, sum(principal_amt) as amt_total, null as cnt_total
    from {{ ref('dwd_loan_note') }}
    where bal_date in (select liability_days.day from liability_days) and entity = 'corporate'
    group by bal_date
),

corporate_totals as (
    select 'corporate_total_history' as table_name, acct_date, sum(amt) as amt_total, null as cnt_total
    from (
        select bal_date as acct_date, bal as amt
        from {{ ref('dwd_account_balance_daily') }}
        where bal_date in (select asset_days.day from asset_days) and entity = 'corporate' and prod in ('demand', 'term', 'cd')
        union all
        select acct_date, amt_total as amt from corporate_liabilities
    )
    where acct_date in (select asset_days.day from asset_days) and acct_date in (select liability_days.day from liability_days)
    group by acct_date
),

corporate_settles as (
    select 'corporate_settle_history' as table_name, bal_date as acct_date, sum(bal) as amt_total, null as cnt_total
    from {{ ref('dwd_account_balance_daily') }}
    where bal_date in (select asset_days.day from asset_days) and entity = 'corporate' and prod = 'demand'
    group by bal_date
),

corporate_flows as (
    select
        'corporate_transaction_daily' as table_name,
        acct_date,
        sum(amt) as amt_total,
        sum(case when is_reversal then 0 else 1 end) as cnt_total
    from {{ ref('dwd_transaction') }}
    where
        acct_date in (select transaction_days.day from transaction_days)
        and entity = 'corporate'
        and not is_void
        and cp_class <> 'own'
    group by acct_date
),

corporate_pay_details as (
    select 'corporate_pay_daily' as table_name, pay_date as acct_date, sum(amt) as amt_total, count(*) as cnt_total
    from {{ ref('dwd_pay_detail') }}
    where pay_date in (select pay_days.day from pay_days) and payer_customer_id is not null and result_code = 'ok'
    group by pay_date
),

unioned as (
    select * from transactions
    union all
    select * from corporate_flows
    union all
    select * from corporate_assets
    union all
    select * from corporate_liabilities
    union all
    select * from corporate_totals
    union all
    select * from corporate_settles
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
    select * from held_totals
    union all
    select * from merchant_sales
    union all
    select * from merchant_settlements
),

final as (
    select
        unioned.table_name,
        unioned.acct_date,
        cast(coalesce(unioned.amt_total, 0) as decimal(38, 2)) as amt_total,
        cast(coalesce(unioned.cnt_total, 0) as bigint) as cnt_total
    from unioned
)

select * from final

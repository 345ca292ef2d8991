-- a row is one complete month of a deposit account from before the bank's daily balances: its balance, average and movements
-- A plain table: the migrated months are delivered once and do not grow.
with source_rows as (
    select * from {{ ref('stg_core_hist_month') }}
),

accounts as (
    select acct_no, customer_id, entity, kind_code from {{ ref('dwd_account') }}
),

final as (
    select
        source_rows.acct_no,
        accounts.customer_id,
        accounts.entity,
        source_rows.month_end,
        -- As in dwd_account_balance_daily.
        case
            when accounts.kind_code in ('demand', 'call') then 'demand'
            when accounts.kind_code in ('term', 'structured') then 'term'
            else accounts.kind_code
        end as prod,
        source_rows.bal,
        source_rows.davg_bal,
        source_rows.in_amt,
        source_rows.in_cnt,
        source_rows.out_amt,
        source_rows.out_cnt,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join accounts on source_rows.acct_no = accounts.acct_no
)

select * from final

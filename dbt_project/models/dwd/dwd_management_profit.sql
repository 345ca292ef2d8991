-- a row is what one organisation earned in one closed month by the management accounts
-- A view: the ledger gate compares it with the contributions of single accounts; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_fin_pnl') }}
),

final as (
    select
        month as month_end,
        gl_org,
        ccy,
        ftp_income as ftp_amt,
        fee_income as fee_amt,
        cost as cost_amt,
        provision as provision_amt,
        net as net_amt,
        src_file,
        src_line
    from source_rows
)

select * from final

-- a row is one leg of a posting on a deposit account on the business date, both sides of a reversal included
-- A view of one day only: the ledger gate compares it as the source gave it; tags read dwd_transaction.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_core_txn') }} where acct_date = {{ biz_date() }}
),

final as (
    select
        txn_no,
        leg,
        acct_no,
        acct_date,
        dc_flag,
        amt,
        ccy,
        purpose_code,
        channel_code,
        gl_subject,
        biz_ref,
        src_file,
        src_line
    from source_rows
)

select * from final

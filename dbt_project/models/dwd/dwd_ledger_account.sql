-- a row is one deposit account at the end of the business date or the day before, with its place in the ledger
-- A view of the last days only: the ledger gate compares them as the source gave them; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_core_bal') }} where bal_date between {{ biz_date() }} - 1 and {{ biz_date() }}
),

final as (
    select
        acct_no,
        bal_date,
        ccy,
        bal,
        frozen_amt,
        accum,
        accrued_int,
        gl_subject,
        gl_org,
        src_file,
        src_line
    from source_rows
)

select * from final

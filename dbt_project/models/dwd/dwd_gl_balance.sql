-- a row is one line of the general ledger on the business date or the day before: organisation, currency, subject
-- A view of the last days only: the ledger gate compares them as the source gave them; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_gl_balance') }} where acct_date between {{ biz_date() }} - 1 and {{ biz_date() }}
),

final as (
    select
        acct_date,
        gl_org,
        ccy,
        subject,
        open_dr,
        open_cr,
        turn_dr,
        turn_cr,
        close_dr,
        close_cr,
        is_on_balance,
        src_file,
        src_line
    from source_rows
)

select * from final

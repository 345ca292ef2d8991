-- a row is one loan note at the end of the business date or the day before, those that are memos only included
-- A view of the last days only: the ledger gate compares them as the source gave them; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_crd_note') }} where bal_date between {{ biz_date() }} - 1 and {{ biz_date() }}
),

final as (
    select
        note_no,
        contract_no,
        kind_code,
        ccy,
        bal_date,
        start_date,
        principal_amt,
        overdue_amt,
        dpd,
        write_off_date,
        is_entrusted,
        gl_subject,
        gl_org,
        src_file,
        src_line
    from source_rows
)

select * from final

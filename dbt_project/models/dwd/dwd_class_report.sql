-- a row is what the credit system reports for one month end, organisation and class
-- A view: the ledger gate compares it with the classes of single loans; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_crd_class_rpt') }}
),

final as (
    select
        class_date,
        gl_org,
        ccy,
        class_code,
        note_cnt,
        principal_amt,
        src_file,
        src_line
    from source_rows
)

select * from final

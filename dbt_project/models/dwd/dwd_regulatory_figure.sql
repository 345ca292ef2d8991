-- a row is one figure that the bank reports to its regulator for a month end, or one difference that explains it
-- A view: the ledger gate compares it with accounts, notes and customers; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_fin_reg') }}
),

final as (
    select
        report_date,
        report_code,
        item_code,
        gl_org,
        unit_code,
        kind_code,
        reason_code,
        amt,
        src_file,
        src_line
    from source_rows
)

select * from final

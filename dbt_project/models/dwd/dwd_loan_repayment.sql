-- a row is one repayment of a loan note
{{ config(materialized='daily', date_column='acct_date') }}
with source_rows as (
    select * from {{ ref('stg_crd_repay') }} where {{ daily_rows('acct_date') }}
),

final as (
    select
        source_rows.repay_no,
        source_rows.note_no,
        source_rows.acct_date,
        source_rows.prin_amt,
        source_rows.int_amt,
        source_rows.penalty_amt,
        source_rows.kind_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
)

select * from final

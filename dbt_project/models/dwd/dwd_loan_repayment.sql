-- a row is one repayment of a loan note
with source_rows as (
    select * from {{ ref('stg_crd_repay') }}
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

-- One row per credit card account and statement month.
with source as (
    {{ ods_journal('cc_stmt') }}
),

final as (
    select
        cc_acct_no,
        ecif_no as party_id,
        stmt_month,
        stmt_date,
        stmt_amt,
        min_pay_amt,
        paid_amt,
        due_date,
        src_file,
        src_line
    from source
)

select * from final

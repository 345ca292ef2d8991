-- One row per credit card account and day.
-- A full feed whose rows carry their own date: every delivery is kept, as in a journal.
with source as (
    {{ ods_journal('cc_acct') }}
),

final as (
    select
        cc_acct_no,
        ecif_no as party_id,
        bal_date,
        limit_amt,
        temp_limit_amt,
        bal,
        credit_bal,
        instal_bal,
        stmt_day,
        due_day,
        last_stmt_amt,
        min_pay_amt,
        is_paid_by_due,
        dpd,
        class_code,
        status_code,
        is_autopay,
        gl_subject,
        open_date,
        src_file,
        src_line
    from source
)

select * from final

-- One row per open account and calendar day.
-- A full feed whose rows carry their own date: the initial load brings many days, so all deliveries are kept, as in a journal.
with source as (
    {{ ods_journal('core_bal') }}
),

final as (
    select
        acct_no,
        bal_date,
        ccy,
        bal,
        frozen_amt,
        avail_bal,
        accum,
        accrued_int,
        gl_subject,
        gl_org,
        src_file,
        src_line
    from source
)

select * from final

-- One row per organisation, currency, subject and day of the general ledger.
-- A full feed whose rows carry their own date: the initial load brings many days, so all deliveries are kept, as in a journal.
with source as (
    {{ ods_journal('gl_balance') }}
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
    from source
)

select * from final

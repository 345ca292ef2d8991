-- One row per account or note and month.
with source as (
    {{ ods_journal('fin_contrib') }}
),

final as (
    select
        month,
        ecif_no as party_id,
        acct_or_note,
        ftp_income,
        fee_income,
        cost,
        provision,
        net,
        src_file,
        src_line
    from source
)

select * from final

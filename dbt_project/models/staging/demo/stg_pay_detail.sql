-- One row per payee of a payroll batch.
with source as (
    {{ ods_journal('pay_detail') }}
),

final as (
    select
        batch_no,
        seq,
        payer_id,
        payer_ecif,
        ecif_no as party_id,
        acct_no,
        pay_date,
        amt,
        pay_type,
        result_code,
        src_file,
        src_line
    from source
)

select * from final

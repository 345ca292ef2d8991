-- One row per payee of a payroll batch.
with source as (
    {{ ods_journal('pay_detail') }}
),

final as (
    select
        batch_no,
        seq,
        payer_id,
        ecif_no as party_id,
        pay_date,
        amt,
        pay_type,
        result_code,
        src_file,
        src_line
    from source
)

select * from final

-- One row per agency payment contract.
with source as (
    {{ ods_delta('pay_contract') }}
),

final as (
    select
        contract_no,
        payer_ecif,
        payer_id,
        acct_no,
        pay_type,
        pay_day,
        from_date,
        to_date,
        status_code,
        src_file,
        src_line
    from source
)

select * from final

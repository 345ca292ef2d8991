-- One row per loan contract.
with source as (
    {{ ods_delta('crd_contract', ['contract_no']) }}
),

final as (
    select
        contract_no,
        ecif_no as party_id,
        kind_code,
        contract_amt,
        from_date,
        to_date,
        src_file,
        src_line
    from source
)

select * from final

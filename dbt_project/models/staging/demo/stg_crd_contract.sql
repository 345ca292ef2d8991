-- One row per contract.
with source as (
    {{ ods_delta('crd_contract') }}
),

final as (
    select
        contract_no,
        limit_no,
        ecif_no as party_id,
        prod_id,
        kind_code,
        contract_amt,
        from_date,
        to_date,
        guar_mode,
        rate_type,
        rate,
        reprice_cycle,
        next_reprice_date,
        purpose_industry,
        sign_date,
        src_file,
        src_line
    from source
)

select * from final

-- One row per collateral or guarantee.
with source as (
    {{ ods_delta('crd_security') }}
),

final as (
    select
        guar_no,
        contract_no,
        kind_code,
        provider_ecif,
        value_amt,
        appraise_date,
        amt,
        from_date,
        to_date,
        rank_no,
        status_code,
        src_file,
        src_line
    from source
)

select * from final

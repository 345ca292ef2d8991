-- One row per merchant.
with source as (
    {{ ods_delta('mer_info') }}
),

final as (
    select
        mer_no,
        owner_ecif_no,
        owner_entity,
        mer_name,
        mcc,
        kind_code,
        region_code,
        settle_acct_no,
        settle_bank,
        fee_rate,
        cycle_code,
        start_date,
        end_date,
        status_code,
        src_file,
        src_line
    from source
)

select * from final

-- One row per limit.
with source as (
    {{ ods_delta('crd_limit') }}
),

final as (
    select
        limit_no,
        ecif_no as party_id,
        kind_code,
        parent_limit_no,
        amt,
        used_amt,
        frozen_amt,
        is_revolving,
        is_low_risk,
        from_date,
        to_date,
        status_code,
        src_file,
        src_line
    from source
)

select * from final

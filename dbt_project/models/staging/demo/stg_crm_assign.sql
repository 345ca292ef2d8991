-- One row per customer, manager and role.
with source as (
    {{ ods_delta('crm_assign') }}
),

final as (
    select
        ecif_no as party_id,
        manager_id,
        role_code,
        share_ratio,
        org_id,
        from_date,
        to_date,
        src_file,
        src_line
    from source
)

select * from final

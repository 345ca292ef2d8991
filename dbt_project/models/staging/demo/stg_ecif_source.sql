-- One row per id of a source system, with the customer as that system wrote it down.
with source as (
    {{ ods_delta('ecif_source') }}
),

final as (
    select
        src_sys,
        src_id,
        cust_name,
        id_type,
        id_no,
        birth_date,
        gender_code,
        mobile,
        address,
        update_date,
        src_file,
        src_line
    from source
)

select * from final

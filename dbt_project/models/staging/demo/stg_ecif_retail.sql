-- One row per natural person in the customer file.
with source as (
    {{ ods_delta('ecif_retail') }}
),

final as (
    select
        ecif_no as party_id,
        cust_name,
        id_type,
        id_no,
        id_expiry_date,
        birth_date,
        gender_code,
        nation_code,
        edu_code,
        occup_code,
        marital_code,
        employer_name,
        income_band,
        status_code,
        open_date,
        open_org,
        mng_org,
        is_staff,
        death_date,
        src_file,
        src_line
    from source
)

select * from final

-- One row per company in the customer file.
with source as (
    {{ ods_delta('ecif_corp') }}
),

final as (
    select
        ecif_no as party_id,
        cust_name,
        uscc,
        corp_type,
        industry_code,
        size_code,
        staff_cnt,
        reg_capital,
        found_date,
        legal_rep_name,
        status_code,
        open_date,
        open_org,
        mng_org,
        kyc_next_date,
        group_id,
        src_file,
        src_line
    from source
)

select * from final

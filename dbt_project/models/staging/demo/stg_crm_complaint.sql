-- One row per complaint.
with source as (
    {{ ods_delta('crm_complaint') }}
),

final as (
    select
        case_no,
        ecif_no as party_id,
        topic_code,
        product_code,
        open_date,
        close_date,
        level_code,
        src_file,
        src_line
    from source
)

select * from final

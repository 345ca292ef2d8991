-- One row per contact with a customer, or hold-out.
with source as (
    {{ ods_journal('mkt_contact') }}
),

final as (
    select
        contact_no,
        campaign_code,
        ecif_no as party_id,
        channel_code,
        contact_date,
        contact_time,
        result_code,
        log_status,
        wish_product,
        wish_level,
        staff_id,
        next_date,
        is_holdout,
        src_file,
        src_line
    from source
)

select * from final

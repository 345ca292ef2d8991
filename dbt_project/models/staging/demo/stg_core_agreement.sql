-- One row per agreement of a customer.
with source as (
    {{ ods_delta('core_agreement') }}
),

final as (
    select
        ecif_no as party_id,
        agr_type,
        seq,
        acct_no,
        from_date,
        to_date,
        status_code,
        channel_code,
        src_file,
        src_line
    from source
)

select * from final

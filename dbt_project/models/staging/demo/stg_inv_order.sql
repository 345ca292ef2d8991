-- One row per order of investments.
with source as (
    {{ ods_delta('inv_order') }}
),

final as (
    select
        order_no,
        ecif_no as party_id,
        prod_id,
        line_code,
        order_type,
        amt,
        units,
        order_date,
        order_time,
        confirm_date,
        settle_date,
        status_code,
        channel_code,
        manager_id,
        to_prod_id,
        to_units,
        src_file,
        src_line
    from source
)

select * from final

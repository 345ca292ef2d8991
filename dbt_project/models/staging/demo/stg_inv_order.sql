-- One row per order of wealth products or funds.
with source as (
    {{ ods_delta('inv_order', ['order_no']) }}
),

final as (
    select
        order_no,
        ecif_no as party_id,
        prod_id,
        line_code,
        order_type,
        amt,
        order_date,
        confirm_date,
        settle_date,
        status_code,
        src_file,
        src_line
    from source
)

select * from final

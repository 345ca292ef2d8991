-- One row per product.
with source as (
    {{ ods_full('ref_product') }}
),

final as (
    select
        prod_id,
        prod_name,
        line_code,
        kind_code,
        business_line,
        risk_level,
        is_on_balance,
        gl_subject,
        min_amt,
        hold_days,
        l1_code,
        l2_code,
        l3_code,
        open_type,
        shelf_from_date,
        shelf_to_date,
        src_file,
        src_line
    from source
)

select * from final

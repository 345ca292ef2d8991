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
        src_file,
        src_line
    from source
)

select * from final

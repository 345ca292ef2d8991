-- a row is the net asset value of one investment product on one trading day, and the one before
with source_rows as (
    select * from {{ ref('stg_ref_price') }}
    where kind_code = 'nav'
),

final as (
    select
        source_rows.price_code as prod_id,
        source_rows.price_date,
        source_rows.price,
        source_rows.prev_price,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
)

select * from final

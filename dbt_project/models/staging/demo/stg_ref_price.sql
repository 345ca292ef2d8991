-- One row per price, code and trading day.
with source as (
    {{ ods_journal('ref_price') }}
),

final as (
    select
        price_date,
        kind_code,
        price_code,
        price,
        prev_price,
        unit,
        src_file,
        src_line
    from source
)

select * from final

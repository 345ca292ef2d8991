-- a row is one product of the bank
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_ref_product') }}
),

final as (
    select
        source_rows.prod_id,
        source_rows.prod_name,
        source_rows.line_code,
        source_rows.kind_code,
        source_rows.business_line,
        source_rows.risk_level,
        source_rows.is_on_balance,
        source_rows.gl_subject,
        source_rows.min_amt,
        source_rows.hold_days,
        source_rows.shelf_from_date,
        source_rows.shelf_to_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
)

select * from final

-- a row is how many units of one product the registry (TA) has for the bank's customers at the end of the business date
-- A view: the ledger gate compares it with the holdings; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_inv_ta') }} where reg_date = {{ biz_date() }}
),

final as (
    select
        reg_date,
        prod_id,
        units,
        src_file,
        src_line
    from source_rows
)

select * from final

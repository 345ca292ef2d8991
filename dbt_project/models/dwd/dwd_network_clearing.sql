-- a row is what one network cleared of quick payments on one settle day of the last weeks, in one direction
-- A view of the last weeks: the ledger gate compares it with the legs of quick pay; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select * from {{ ref('stg_pay_clear') }} where settle_date between {{ biz_date() }} - 20 and {{ biz_date() }}
),

final as (
    select
        settle_date,
        network_code,
        direction_code as direction,
        ccy,
        from_time,
        cut_time,
        txn_cnt,
        amt,
        src_file,
        src_line
    from source_rows
)

select * from final

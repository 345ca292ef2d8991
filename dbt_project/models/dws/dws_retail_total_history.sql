-- a row is a run of days on which a total of one customer's assets did not change
{{ config(materialized='view') }}
with held as (
    select * from {{ ref('dws_retail_held_total_history') }}
),

transit as (
    select * from {{ ref('dws_retail_transit_history') }}
),

-- The highest and the lowest of a sum cannot be told from those of its parts: a total that tags ask them of is kept as such.
final as (
    select customer_id, total, valid_from, valid_to, bal from held
    union all
    select customer_id, 'transit' as total, valid_from, valid_to, bal from transit
)

select * from final

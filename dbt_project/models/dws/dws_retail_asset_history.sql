-- a row is a run of days on which what one customer has of one kind of asset did not change
{{ config(materialized='view') }}
with held as (
    select * from {{ ref('dws_retail_held_history') }}
),

transit as (
    select * from {{ ref('dws_retail_transit_history') }}
),

final as (
    select customer_id, prod, valid_from, valid_to, bal from held
    union all
    select customer_id, 'transit' as prod, valid_from, valid_to, bal from transit
)

select * from final

-- a row is one foreign currency of the bank's price list; what is not on it counts as the base currency
-- A plain table: a few currencies.
with rates as (
    select ccy from {{ ref('dwd_fx_rate') }}
),

final as (
    select distinct rates.ccy
    from rates
)

select * from final

-- a row is one retail customer of record at the business date: every party whose status is not merged or erased
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with parties as (
    select customer_id, entity, status_code from {{ ref('dwd_party') }}
),

final as (
    select
        parties.customer_id,
        {{ biz_date() }} as biz_date
    from parties
    where
        parties.entity = 'retail'
        and coalesce(parties.status_code, 'normal') not in ('merged', 'erased')
)

select * from final

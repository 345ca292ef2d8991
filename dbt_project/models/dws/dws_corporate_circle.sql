-- a row is one company in a circle of guarantees: three or more that each, directly or through others, stand in for all the others
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with recursive night as (
    {{ night_dates() }}
),

edges as (
    select distinct
        guarantees.customer_id as from_id,
        contracts.customer_id as to_id
    from {{ ref('dwd_collateral') }} as guarantees
    inner join {{ ref('dwd_loan_contract') }} as contracts on guarantees.contract_no = contracts.contract_no
    inner join night
        on guarantees.from_date <= night.biz_date and (guarantees.to_date is null or guarantees.to_date >= night.biz_date)
    where
        guarantees.kind_code = 'guarantee'
        and guarantees.status_code = 'live'
        and guarantees.entity = 'corporate'
        and contracts.entity = 'corporate'
        and guarantees.customer_id <> contracts.customer_id
),

-- Who only gives or only receives guarantees is in no circle: most companies drop out here, before anything is searched.
inner_edges as (
    select edges.from_id, edges.to_id
    from edges
    where
        edges.from_id in (select given.to_id from edges as given)
        and edges.to_id in (select received.from_id from edges as received)
),

-- Bounded by hops and by `union`, which drops what was reached before with as many hops: a circle ends, it does not turn.
reach as (
    select from_id, to_id, 1 as hops from inner_edges
    union
    select reach.from_id, inner_edges.to_id, reach.hops + 1 as hops
    from reach
    inner join inner_edges on reach.to_id = inner_edges.from_id
    where reach.hops < {{ parameter('circle_hops_max') }}
),

pairs as (
    select distinct from_id, to_id from reach
),

-- Strongly connected: each reaches the other. Every member finds the same smallest number, which names the circle.
members as (
    select forth.from_id as customer_id, forth.to_id as other_id
    from pairs as forth
    inner join pairs as back on forth.from_id = back.to_id and forth.to_id = back.from_id
),

final as (
    select
        customer_id,
        least(customer_id, min(other_id)) as circle_id,
        cast(count(distinct other_id) as integer) as member_cnt
    from members
    group by customer_id
    having count(distinct other_id) >= 3
)

select * from final

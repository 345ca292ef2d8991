-- a row is one manager who looks after customers at the business date
with night as (
    {{ night_dates() }}
),

assignments as (
    select assignments.*
    from {{ ref('dwd_manager_assignment') }} as assignments
    inner join night
        on
            assignments.from_date <= night.biz_date
            and (assignments.to_date is null or assignments.to_date > night.biz_date)
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

-- A manager belongs to the organisation where most of the customers are.
organisations as (
    select manager_id, org_id
    from assignments
    group by manager_id, org_id
    qualify row_number() over (partition by manager_id order by count(*) desc, org_id) = 1
),

counts as (
    select
        assignments.manager_id,
        count(distinct case when assignments.role_code = 'main' then spine.customer_id end) as customer_cnt,
        count(distinct case when assignments.role_code = 'co' then spine.customer_id end) as co_customer_cnt
    from assignments
    left join spine on assignments.customer_id = spine.customer_id
    group by assignments.manager_id
),

final as (
    select
        counts.manager_id,
        organisations.org_id,
        cast(counts.customer_cnt as integer) as customer_cnt,
        cast(counts.co_customer_cnt as integer) as co_customer_cnt
    from counts
    inner join organisations on counts.manager_id = organisations.manager_id
)

select * from final

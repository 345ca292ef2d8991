-- a row is one organisation of the bank, with its place in the tree and the customers that it looks after
with recursive branches as (
    select * from {{ ref('dwd_branch') }}
),

-- The head office hangs on nothing. An organisation whose parent is not in the file starts a tree of its own.
tree as (
    select branches.org_id, branches.org_id as path, 1 as depth
    from branches
    left join branches as parents on branches.parent_id = parents.org_id
    where parents.org_id is null
    union all
    select branches.org_id, tree.path || '/' || branches.org_id as path, tree.depth + 1 as depth
    from branches
    inner join tree on branches.parent_id = tree.org_id
    where tree.depth < 20
),

customers as (
    select parties.mng_org, count(*) as customer_cnt
    from {{ ref('dws_retail_spine') }} as spine
    inner join {{ ref('dwd_party') }} as parties on spine.customer_id = parties.customer_id
    group by parties.mng_org
),

final as (
    select
        branches.org_id,
        branches.org_name,
        branches.parent_id,
        branches.level_code,
        branches.region_code,
        branches.gl_org_id,
        branches.open_date,
        branches.close_date,
        tree.path as org_path,
        cast(tree.depth as integer) as org_depth,
        cast(coalesce(customers.customer_cnt, 0) as integer) as customer_cnt
    from branches
    left join tree on branches.org_id = tree.org_id
    left join customers on branches.org_id = customers.mng_org
)

select * from final

-- a row is what one customer has of one kind of asset from `valid_from` until the day before `valid_to`
with daily as (
    select * from {{ ref('dws_retail_asset_daily') }}
),

compared as (
    select
        daily.customer_id,
        daily.prod,
        daily.acct_date,
        daily.bal,
        lag(daily.acct_date) over (partition by daily.customer_id, daily.prod order by daily.acct_date) as prior_acct_date,
        lag(daily.bal) over (partition by daily.customer_id, daily.prod order by daily.acct_date) as prior_bal
    from daily
),

-- A state begins on a day whose day before says something else, or nothing; days without a row had nothing.
marked as (
    select
        compared.*,
        case
            when
                compared.prior_acct_date = compared.acct_date - 1
                and compared.bal = compared.prior_bal
                then 0
            else 1
        end as is_new
    from compared
),

numbered as (
    select
        marked.*,
        sum(marked.is_new) over (
            partition by marked.customer_id, marked.prod
            order by marked.acct_date
        ) as state_no
    from marked
),

final as (
    select
        numbered.customer_id,
        numbered.prod,
        min(numbered.acct_date) as valid_from,
        case
            when max(numbered.acct_date) = {{ biz_date() }} then date '9999-12-31'
            else max(numbered.acct_date) + 1
        end as valid_to,
        any_value(numbered.bal) as bal
    from numbered
    group by numbered.customer_id, numbered.prod, numbered.state_no
)

select * from final

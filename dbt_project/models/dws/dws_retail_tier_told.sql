-- a row is one retail customer's tier by the last evaluation as she is told: late data may raise it at once, and lower it at the next
-- A plain table: what earlier nights told is no delivery, and is remembered in ops.tier_told.
{{ config(pre_hook="{{ tier_told_table() }}", post_hook="{{ tier_told_record(this) }}") }}
with night as (
    {{ night_dates() }}
),

lowest as (
    select min(tier_rule.tier_no) as tier_no
    from {{ ref('tier_rule') }} as tier_rule
    cross join {{ source('ops', 'run_context') }} as run_context
    where tier_rule.entity = 'retail' and {{ in_force('tier_rule') }}
),

judged as (
    select tier_months.*
    from {{ ref('dws_retail_tier_month') }} as tier_months
    inner join night on tier_months.eval_date = night.month_start
),

told_rows as (
    select told.*
    from {{ source('ops', 'tier_told') }} as told
    inner join night on told.eval_date = night.month_start and told.told_date < night.biz_date
),

last_told as (
    select * from told_rows
    qualify row_number() over (partition by customer_id order by told_date desc) = 1
),

-- Who is not among those of whom an earlier night told was in the lowest tier then.
nights_before as (
    select count(*) > 0 as are_any from told_rows
),

compared as (
    select
        coalesce(judged.customer_id, last_told.customer_id) as customer_id,
        night.month_start as eval_date,
        coalesce(judged.measure_amt, 0) as measure_amt,
        coalesce(judged.tier_no, lowest.tier_no) as judged_no,
        coalesce(judged.watch_months, 0) as judged_watch,
        judged.since_date as judged_since,
        last_told.customer_id is not null as is_remembered,
        last_told.measure_amt as told_measure,
        last_told.judged_no as told_judged,
        last_told.tier_no as told_no,
        last_told.watch_months as told_watch,
        last_told.since_date as told_since,
        coalesce(
            last_told.first_no,
            case when nights_before.are_any then lowest.tier_no end,
            judged.tier_no,
            lowest.tier_no
        ) as first_no
    from judged
    full join last_told on judged.customer_id = last_told.customer_id
    cross join night
    cross join lowest
    cross join nights_before
),

final as (
    select
        customer_id,
        eval_date,
        measure_amt,
        judged_no,
        greatest(judged_no, told_no) as tier_no,
        case when told_no > judged_no then told_watch else judged_watch end as watch_months,
        case when told_no > judged_no then told_since else judged_since end as since_date,
        first_no,
        judged_no <> first_no as is_restated,
        not is_remembered
        or told_measure <> measure_amt
        or told_judged <> judged_no
        or (told_no <= judged_no and (told_watch <> judged_watch or told_since is distinct from judged_since)) as is_news
    from compared
)

select * from final

-- a row is one retail customer of the spine; what assets are made of, how they move and ladders of deposits
{% set assets = ['core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set terms = ['core_acct', 'core_acct_person', 'core_term'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

asset_history as (
    select * from {{ ref('dws_retail_asset_history') }}
),

current_assets as (
    select asset_history.customer_id, asset_history.prod, asset_history.bal
    from asset_history
    inner join night on asset_history.valid_from <= night.biz_date and asset_history.valid_to > night.biz_date
),

balances as (
    select
        customer_id,
        sum(bal) as aum_bal,
        {% for prod in ['demand', 'term', 'pm', 'tb', 'trust', 'transit'] %}
        sum(case when prod = '{{ prod }}' then bal else 0 end) as {{ prod }}_bal,
        {% endfor %}
        sum(case when prod not in ('demand', 'term', 'cd') then bal else 0 end) as inv_bal,
        max(bal) as top_bal,
        sum(cast(bal as decimal(38, 2)) * bal) as square_sum,
        first(prod order by bal desc, prod) filter (where bal > 0) as main_prod
    from current_assets
    group by customer_id
),

-- AUM at the end of every day of the last 13 months, as runs between days on which something changed.
changes as (
    select
        asset_history.customer_id,
        greatest(asset_history.valid_from, cast(night.month_start - interval 13 month as date)) as change_date,
        asset_history.bal as step_amt
    from asset_history
    inner join night on asset_history.valid_from <= night.biz_date and asset_history.valid_to > night.month_start - interval 13 month
    union all
    select asset_history.customer_id, asset_history.valid_to as change_date, -asset_history.bal as step_amt
    from asset_history
    inner join night on asset_history.valid_to <= night.biz_date and asset_history.valid_to > night.month_start - interval 13 month
),

runs as (
    select
        daily_steps.customer_id,
        daily_steps.change_date as from_date,
        coalesce(
            lead(daily_steps.change_date) over (partition by daily_steps.customer_id order by daily_steps.change_date),
            {{ biz_date() }} + 1
        ) as to_date,
        sum(daily_steps.step_amt) over (partition by daily_steps.customer_id order by daily_steps.change_date) as aum_bal
    from (
        select customer_id, change_date, sum(step_amt) as step_amt from changes
        group by customer_id, change_date
    ) as daily_steps
),

months as (
    select
        steps.step,
        cast(night.month_start - to_months(steps.step) as date) as month_start,
        cast(night.month_start - to_months(steps.step - 1) as date) as next_start
    from night
    cross join (select cast(unnest(generate_series(1, 7)) as integer) as step) as steps
),

holders as (
    select distinct customer_id from changes
),

month_averages as (
    select
        holders.customer_id,
        months.step,
        months.month_start,
        cast({{ divided(
            'coalesce(sum(runs.aum_bal * (least(runs.to_date, months.next_start) - greatest(runs.from_date, months.month_start))), 0)',
            'max(months.next_start - months.month_start)', 2
        ) }} as decimal(18, 2)) as davg_amt
    from holders
    cross join months
    left join runs
        on
            holders.customer_id = runs.customer_id
            and runs.from_date < months.next_start and runs.to_date > months.month_start
    group by holders.customer_id, months.step, months.month_start
),

month_stats as (
    select
        month_steps.customer_id,
        -- Six times the deviation, in cents. Sums of exact decimals: a floating-point one is another number in another order of rows.
        sqrt(
            (
                6 * sum(cast(month_steps.davg_amt as decimal(38, 2)) * month_steps.davg_amt)
                - sum(month_steps.davg_amt) * sum(month_steps.davg_amt)
            ) * 10000
        ) as spread_cents,
        sum(month_steps.davg_amt) as sum_amt,
        min(month_steps.davg_amt) as min_amt,
        max(month_steps.davg_amt) as max_amt,
        count(case when month_steps.davg_amt > month_steps.prior_amt then 1 end) as rise_cnt
    from (
        select
            month_averages.*,
            lag(month_averages.davg_amt) over (partition by month_averages.customer_id order by month_averages.month_start)
                as prior_amt
        from month_averages
    ) as month_steps
    where month_steps.step <= 6
    group by month_steps.customer_id
),

quarter_ends as (
    select
        month_averages.customer_id,
        max(month_averages.davg_amt) as davg_amt,
        max(runs.aum_bal) as end_bal
    from month_averages
    cross join night
    inner join runs
        on
            month_averages.customer_id = runs.customer_id
            and runs.from_date < date_trunc('quarter', night.biz_date) and runs.to_date >= date_trunc('quarter', night.biz_date)
    where month_averages.month_start = date_trunc('quarter', night.biz_date) - interval 1 month
    group by month_averages.customer_id
),

day_stats as (
    select
        year_runs.customer_id,
        max(year_runs.year_bal) as peak_amt,
        min(case when year_runs.year_bal = year_runs.peak_amt then year_runs.year_from end) as peak_date,
        sum(case when year_runs.aum_bal >= 1 then greatest(0, year_runs.to_date - greatest(year_runs.from_date, year_runs.d90)) end)
            as full_days
    from (
        select
            year_rows.*,
            max(year_rows.year_bal) over (partition by year_rows.customer_id) as peak_amt
        from (
            select
                runs.*,
                night.biz_date - 89 as d90,
                greatest(runs.from_date, cast(night.month_start - interval 12 month as date)) as year_from,
                case
                    when runs.from_date < night.month_start and runs.to_date > night.month_start - interval 12 month
                        then nullif(greatest(runs.aum_bal, 0), 0)
                end as year_bal
            from runs
            cross join night
        ) as year_rows
    ) as year_runs
    group by year_runs.customer_id
),

term_deposits as (
    select term_deposits.*, term_deposits.due_date - night.biz_date as due_days
    from {{ ref('dwd_term_deposit') }} as term_deposits
    inner join night on term_deposits.start_date <= night.biz_date
    where term_deposits.entity = 'retail'
),

ladder as (
    select
        customer_id,
        sum(case when due_days between 1 and 60 then principal_amt else 0 end) as due_60d,
        sum(case when due_days between 1 and 60 and not is_auto_roll then principal_amt else 0 end) as noroll_60d,
        {% for days in [7, 30, 90] %}
        sum(case when due_days between 1 and {{ days }} and is_auto_roll then principal_amt else 0 end) as roll_{{ days }}d,
        {% endfor %}
        count(case when due_days between 1 and 30 then 1 end) as cnt_30d,
        sum(principal_amt) as principal,
        sum(principal_amt * due_days) as left_sum,
        sum(case when due_days > 365 then principal_amt else 0 end) as long_amt,
        max(rate) as max_rate
    from term_deposits
    where status_code = 'live'
    group by customer_id
),

due_days as (
    select
        term_deposits.customer_id,
        term_deposits.due_date,
        count(*) as cnt,
        sum(term_deposits.principal_amt) as amt,
        max(night.biz_date) as biz_date
    from term_deposits
    inner join night
        on
            term_deposits.due_date >= night.month_start - interval 12 month and term_deposits.due_date < night.month_start
    group by term_deposits.customer_id, term_deposits.due_date
),

due_stays as (
    select
        due_days.*,
        due_days.due_date + 7 <= due_days.biz_date as is_ripe,
        least(due_days.amt, greatest(
            0, due_days.amt - greatest(0, coalesce(before_runs.aum_bal, 0) - coalesce(after_runs.aum_bal, 0))
        )) as stay_amt
    from due_days
    left join runs as before_runs
        on
            due_days.customer_id = before_runs.customer_id
            and before_runs.from_date <= due_days.due_date - 1 and before_runs.to_date > due_days.due_date - 1
    left join runs as after_runs
        on
            due_days.customer_id = after_runs.customer_id
            and after_runs.from_date <= due_days.due_date + 7 and after_runs.to_date > due_days.due_date + 7
),

matured as (
    select
        customer_id,
        sum(cnt) as cnt,
        sum(amt) as amt,
        sum(case when is_ripe then amt end) as stay_base,
        sum(case when is_ripe then stay_amt end) as stay_amt
    from due_stays
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(assets, divided('balances.pm_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_pm_ratio,
        {{ tag_value(assets, divided('balances.tb_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_tb_ratio,
        {{ tag_value(assets, divided('balances.trust_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_trust_ratio,
        {{ tag_value(assets, divided('balances.transit_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_transit_ratio,
        {{ tag_value(assets, divided('balances.term_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_term_ratio,
        {{ tag_value(assets, divided('balances.demand_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_demand_ratio,
        {{ tag_value(assets, divided('balances.inv_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_inv_ratio,
        {{ tag_value(assets, divided('balances.top_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_top_ratio,
        {{ tag_value(assets, divided('balances.square_sum', 'balances.aum_bal * balances.aum_bal'), 'decimal(18,4)') }}
            as aum_hhi,
        {{ tag_value(assets, 'balances.main_prod', 'varchar') }} as aum_main_code,
        {{ tag_value(assets, divided('case when month_stats.max_amt > 0 then month_stats.spread_cents end', '600', 2), 'decimal(18,2)') }}
            as aum_davg_std_l6m,
        {{ tag_value(assets, divided('month_stats.spread_cents', 'month_stats.sum_amt * 100'), 'decimal(18,4)') }} as aum_vol_ratio_l6m,
        {{ tag_value(assets, 'month_stats.min_amt', 'decimal(18,2)', '0') }} as aum_davg_min_amt_l6m,
        {{ tag_value(assets, 'month_stats.max_amt', 'decimal(18,2)', '0') }} as aum_davg_max_amt_l6m,
        {{ tag_value(assets, 'month_stats.rise_cnt', 'integer', '0') }} as aum_rise_month_cnt_l6m,
        {{ tag_value(assets, divided('quarter_ends.end_bal', 'quarter_ends.davg_amt'), 'decimal(18,4)') }}
            as aum_swell_ratio_boq,
        {{ tag_value(assets, '90 - coalesce(day_stats.full_days, 0)', 'integer') }} as aum_zero_day_cnt_90d,
        {{ tag_value(assets, 'day_stats.peak_date', 'date') }} as aum_peak_date_l12m,
        {{ tag_value(assets, divided('coalesce(balances.aum_bal, 0)', 'day_stats.peak_amt'), 'decimal(18,4)') }} as aum_peak_ratio_l12m,
        {{ tag_value(terms, 'ladder.due_60d', 'decimal(18,2)', '0') }} as dep_term_due_amt_next60d,
        {{ tag_value(terms, 'ladder.noroll_60d', 'decimal(18,2)', '0') }} as dep_term_due_noroll_amt_next60d,
        {{ tag_value(terms, 'ladder.roll_7d', 'decimal(18,2)', '0') }} as dep_term_due_roll_amt_next7d,
        {{ tag_value(terms, 'ladder.roll_30d', 'decimal(18,2)', '0') }} as dep_term_due_roll_amt_next30d,
        {{ tag_value(terms, 'ladder.roll_90d', 'decimal(18,2)', '0') }} as dep_term_due_roll_amt_next90d,
        {{ tag_value(terms, 'ladder.cnt_30d', 'integer', '0') }} as dep_term_due_cnt_next30d,
        {{ tag_value(terms, divided('ladder.left_sum', 'ladder.principal', 0), 'integer') }}
            as dep_term_left_days,
        {{ tag_value(terms, divided('ladder.long_amt', 'ladder.principal'), 'decimal(18,4)') }} as dep_term_long_ratio,
        {{ tag_value(terms, 'ladder.max_rate', 'decimal(18,4)') }} as dep_term_rate_max,
        {{ tag_value(terms, 'matured.cnt', 'integer', '0') }} as dep_term_matured_cnt_l12m,
        {{ tag_value(terms, 'matured.amt', 'decimal(18,2)', '0') }} as dep_term_matured_amt_sum_l12m,
        {{ tag_value(assets+terms, divided('matured.stay_amt', 'matured.stay_base'), 'decimal(18,4)') }}
            as dep_due_stay_ratio_l12m
    from spine
    left join balances on spine.customer_id = balances.customer_id
    left join month_stats on spine.customer_id = month_stats.customer_id
    left join quarter_ends on spine.customer_id = quarter_ends.customer_id
    left join day_stats on spine.customer_id = day_stats.customer_id
    left join ladder on spine.customer_id = ladder.customer_id
    left join matured on spine.customer_id = matured.customer_id
)

select * from final

-- a row is the tier of one retail customer after the evaluation of one closed month, for whom a tier above the lowest is in question
-- A plain table: a month's tier follows from that of the month before, and money in transit changes earlier months.
with recursive night as (
    {{ night_dates() }}
),

asset_history as (
    select customer_id, prod, valid_from, valid_to, bal from {{ ref('dws_retail_asset_history') }}
),

parties as (
    select customer_id, open_date from {{ ref('dwd_party') }}
    where entity = 'retail'
),

-- From the first month whose every day is there, to the last one that is over. A month is judged on the day after its end.
-- Orders, and with them money in transit, go further back than daily balances: they do not say where the history begins.
months as (
    select
        cast(row_number() over (order by spans.month_start) as integer) as month_no,
        spans.month_start,
        cast(spans.month_start + interval 1 month as date) as eval_date
    from (
        select
            cast(unnest(generate_series(
                case
                    when min(asset_history.valid_from) = date_trunc('month', min(asset_history.valid_from))
                        then date_trunc('month', min(asset_history.valid_from))
                    else date_trunc('month', min(asset_history.valid_from)) + interval 1 month
                end,
                max(night.month_start) - interval 1 month,
                interval 1 month
            )) as date) as month_start
        from asset_history
        cross join night
        where asset_history.prod <> 'transit'
    ) as spans
),

tier_rules as (
    select months.month_no, tier_rule.tier, tier_rule.tier_no, tier_rule.lower_bound, tier_rule.up_delay_m, tier_rule.grace_m,
        tier_rule.down_code
    from {{ ref('tier_rule') }} as tier_rule
    inner join months
        on
            tier_rule.valid_from <= months.eval_date
            and (tier_rule.valid_to is null or tier_rule.valid_to >= months.eval_date)
    cross join {{ source('ops', 'run_context') }} as run_context
    where tier_rule.entity = 'retail' and tier_rule.bank in ('all', run_context.bank)
),

tier_weights as (
    select months.month_no, tier_weight.prod, tier_weight.weight
    from {{ ref('tier_weight') }} as tier_weight
    inner join months
        on
            tier_weight.valid_from <= months.eval_date
            and (tier_weight.valid_to is null or tier_weight.valid_to >= months.eval_date)
    cross join {{ source('ops', 'run_context') }} as run_context
    where tier_weight.entity = 'retail' and tier_weight.bank in ('all', run_context.bank)
),

-- The day average of the month: every calendar day of the month, with what there was at its end.
month_measures as (
    select
        asset_history.customer_id,
        months.month_no,
        cast({{ divided(
            'sum(asset_history.bal * tier_weights.weight'
            ~ ' * (least(asset_history.valid_to, months.eval_date) - greatest(asset_history.valid_from, months.month_start)))',
            'max(months.eval_date - months.month_start)', 2
        ) }} as decimal(18, 2)) as measure_amt
    from asset_history
    inner join months on asset_history.valid_from < months.eval_date and asset_history.valid_to > months.month_start
    inner join tier_weights on months.month_no = tier_weights.month_no and asset_history.prod = tier_weights.prod
    group by asset_history.customer_id, months.month_no
),

-- A tier that was set by hand counts at an evaluation where it is in force on that day; the latest one wins.
override_months as (
    select overrides.customer_id, months.month_no, tier_rules.tier_no
    from {{ ref('dwd_override') }} as overrides
    inner join months
        on
            overrides.from_date <= months.eval_date
            and (overrides.to_date is null or overrides.to_date > months.eval_date)
    inner join tier_rules on months.month_no = tier_rules.month_no and overrides.value_code = tier_rules.tier
    where overrides.kind_code = 'tier' and overrides.entity = 'retail'
    qualify row_number() over (
        partition by overrides.customer_id, months.month_no order by overrides.from_date desc, tier_rules.tier_no desc
    ) = 1
),

merge_months as (
    select party_merges.customer_id, party_merges.into_customer_id, months.month_no
    from {{ ref('dwd_party_merge') }} as party_merges
    inner join months on party_merges.merge_date >= months.month_start and party_merges.merge_date < months.eval_date
    where party_merges.entity = 'retail'
),

measured as (
    select month_measures.customer_id, month_measures.month_no, month_measures.measure_amt, tier_rules.tier_no
    from month_measures
    asof inner join tier_rules
        on month_measures.month_no = tier_rules.month_no and month_measures.measure_amt >= tier_rules.lower_bound
),

lowest as (
    select month_no, min(tier_no) as tier_no from tier_rules
    group by month_no
),

-- Who never came above the lowest tier needs no replay: most customers of a bank.
candidates as (
    select measured.customer_id from measured
    inner join lowest on measured.month_no = lowest.month_no and measured.tier_no > lowest.tier_no
    union
    select customer_id from override_months
    union
    select merge_months.into_customer_id as customer_id from merge_months
    inner join measured on merge_months.customer_id = measured.customer_id
    inner join lowest on measured.month_no = lowest.month_no and measured.tier_no > lowest.tier_no
),

facts as (
    select
        candidates.customer_id,
        months.month_no,
        months.eval_date,
        coalesce(measured.measure_amt, 0) as measure_amt,
        coalesce(measured.tier_no, lowest.tier_no) as measured_no,
        override_months.tier_no as override_no,
        -- The first full month of a new customer decides; a month in which she came is not evaluated.
        coalesce(parties.open_date <= months.month_start, true) as is_full
    from candidates
    cross join months
    inner join lowest on months.month_no = lowest.month_no
    left join parties on candidates.customer_id = parties.customer_id
    left join measured on candidates.customer_id = measured.customer_id and months.month_no = measured.month_no
    left join override_months
        on candidates.customer_id = override_months.customer_id and months.month_no = override_months.month_no
),

replayed as (
    select
        customer_id,
        0 as month_no,
        cast(null as date) as eval_date,
        cast(null as decimal(18, 2)) as measure_amt,
        cast(null as integer) as measured_no,
        cast(null as integer) as tier_no,
        0 as watch_months,
        0 as above_months,
        cast(null as date) as since_date
    from candidates
    union all
    select
        facts.customer_id,
        facts.month_no,
        facts.eval_date,
        facts.measure_amt,
        facts.measured_no,
        {{ tier_step('tier_no') }} as tier_no,
        {{ tier_step('watch_months') }} as watch_months,
        {{ tier_step('above_months') }} as above_months,
        -- Where the replay begins, nobody knows how long it has been so.
        case
            when coalesce({{ tier_step('tier_no') }}, 0) = coalesce(prior_states.tier_no, 0) then prior_states.since_date
            when facts.month_no > 1 then facts.eval_date
        end as since_date
    from (
        -- Of two who become one, the higher tier and the lower watch count go on.
        select
            coalesce(merge_months.into_customer_id, replayed.customer_id) as customer_id,
            replayed.month_no + 1 as month_no,
            max(replayed.tier_no) as tier_no,
            min(replayed.watch_months) as watch_months,
            max(replayed.above_months) as above_months,
            arg_max(replayed.since_date, coalesce(replayed.tier_no, 0)) as since_date
        from replayed
        left join merge_months
            on replayed.customer_id = merge_months.customer_id and replayed.month_no + 1 = merge_months.month_no
        group by coalesce(merge_months.into_customer_id, replayed.customer_id), replayed.month_no + 1
    ) as prior_states
    inner join facts on prior_states.customer_id = facts.customer_id and prior_states.month_no = facts.month_no
    left join tier_rules as own_rules on facts.month_no = own_rules.month_no and prior_states.tier_no = own_rules.tier_no
    left join tier_rules as measured_rules
        on facts.month_no = measured_rules.month_no and facts.measured_no = measured_rules.tier_no
),

final as (
    select
        replayed.customer_id,
        replayed.eval_date,
        replayed.measure_amt,
        replayed.measured_no,
        replayed.tier_no,
        replayed.watch_months,
        replayed.since_date
    from replayed
    where replayed.tier_no is not null
)

select * from final

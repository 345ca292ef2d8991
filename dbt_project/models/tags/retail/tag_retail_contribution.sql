-- a row is one retail customer of the spine; what the customer is worth: contribution, answers to marketing, life cycle, lines held
{% set contrib = ['fin_contrib'] %}
{% set contacts = ['mkt_contact'] %}
{% set assets = ['core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set flows = ['core_acct', 'core_acct_person', 'core_txn'] %}
{% set ecif = ['ecif_retail'] %}
{% set debts = ['crd_note', 'cc_acct'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

contribution_months as (
    select
        contributions.*,
        contributions.month_end >= night.month_start - interval 1 month and contributions.month_end < night.month_start as is_lm,
        contributions.month_end >= night.month_start - interval 3 month and contributions.month_end < night.month_start as is_l3m,
        contributions.month_end >= night.month_start - interval 12 month and contributions.month_end < night.month_start as is_l12m,
        contributions.month_end >= date_trunc('year', night.biz_date) and contributions.month_end <= night.biz_date as is_ytd
    from {{ ref('dwd_contribution') }} as contributions
    cross join night
    where contributions.entity = 'retail'
),

positive_months as (
    select customer_id, count(*) as months
    from (
        select customer_id, month_end, sum(net_amt) as net_amt from contribution_months
        where is_l12m
        group by customer_id, month_end
    ) as month_sums
    where net_amt > 0
    group by customer_id
),

contrib_sums as (
    select
        contribution_months.customer_id,
        {% for kind in ['net', 'ftp', 'fee', 'cost', 'provision'] %}
        {% for window in ['lm', 'l3m', 'l12m', 'ytd'] %}
        sum(case when contribution_months.is_{{ window }} then contribution_months.{{ kind }}_amt else 0 end)
            as {{ kind }}_{{ window }},
        {% endfor %}
        {% endfor %}
        {% for side in ['dep', 'loan'] %}
        sum(case
            when contribution_months.is_l12m and contribution_months.side_code = '{{ side }}' then contribution_months.net_amt
            else 0
        end) as {{ side }}_l12m,
        {% endfor %}
        max(positive_months.months) as months,
        max(contribution_months.month_end) as last_month
    from contribution_months
    left join positive_months on contribution_months.customer_id = positive_months.customer_id
    group by contribution_months.customer_id
),

contact_rows as (
    select
        contact_rows.*,
        night.biz_date - contact_rows.contact_date as days_ago,
        contact_rows.channel_code <> 'phone_in' and not coalesce(contact_rows.is_holdout, false) as is_outbound,
        contact_rows.result_code in ('interested', 'applied') as is_response
    from {{ ref('dwd_marketing_contact') }} as contact_rows
    inner join night on contact_rows.contact_date <= night.biz_date
    where contact_rows.entity = 'retail' and contact_rows.log_status <> 'void'
),

contact_sums as (
    select
        customer_id,
        {% for days in [30, 90, 365] %}
        count(case when is_outbound and days_ago < {{ days }} then 1 end) as cnt_{{ days }}d,
        count(case when is_outbound and is_response and days_ago < {{ days }} then 1 end) as response_{{ days }}d,
        {% endfor %}
        count(case when is_outbound and result_code = 'applied' and days_ago < 365 then 1 end) as apply_365d,
        count(case when is_outbound and result_code = 'refused' and days_ago < 365 then 1 end) as refuse_365d,
        max(case when is_outbound then contact_date end) as last_date,
        max(case when is_outbound and is_response then contact_date end) as response_last,
        count(case when channel_code = 'phone_in' and days_ago < 90 then 1 end) as in_90d,
        count(distinct case when is_outbound and days_ago < 365 then channel_code end) as channels
    from contact_rows
    group by customer_id
),

wishes as (
    select customer_id, wish_product
    from contact_rows
    where wish_product is not null and days_ago < 365
    qualify row_number() over (partition by customer_id order by contact_time desc, contact_no desc) = 1
),

parties as (
    select
        parties.customer_id,
        night.biz_date - parties.open_date as tenure_days,
        date_diff('year', parties.open_date, night.biz_date)
        - case when strftime(parties.open_date, '%m%d') > strftime(night.biz_date, '%m%d') then 1 else 0 end as years
    from {{ ref('dwd_party') }} as parties
    cross join night
),

acts as (
    select transactions.customer_id, max(night.biz_date) - max(transactions.acct_date) as idle_days
    from {{ ref('dwd_transaction') }} as transactions
    inner join night on transactions.acct_date <= night.biz_date
    where transactions.entity = 'retail' and transactions.is_self and not transactions.is_void and not transactions.is_reversal
    group by transactions.customer_id
),

lines as (
    select
        {{ parameter('life_new_days') }} as new_days,
        {{ parameter('life_back_amt') }} as back_amt,
        {{ parameter('life_lost_amt') }} as lost_amt,
        {{ parameter('life_lost_ratio') }} as lost_ratio,
        {{ parameter('life_sleep_days') }} as sleep_days,
        {{ parameter('life_grow_ratio') }} as grow_ratio
),

asset_history as (
    select * from {{ ref('dws_retail_asset_history') }}
),

steps as (
    select customer_id, valid_from as change_date, bal as step_amt from asset_history
    union all
    select customer_id, valid_to as change_date, -bal as step_amt from asset_history
),

-- AUM from one change to the next, up to the business date.
runs as (
    select
        day_steps.customer_id,
        day_steps.change_date as from_date,
        least(
            coalesce(
                lead(day_steps.change_date) over (partition by day_steps.customer_id order by day_steps.change_date),
                day_steps.biz_date + 1
            ),
            day_steps.biz_date + 1
        ) as to_date,
        sum(day_steps.step_amt) over (partition by day_steps.customer_id order by day_steps.change_date) as bal,
        day_steps.biz_date,
        day_steps.month_start
    from (
        select
            steps.customer_id, steps.change_date, night.biz_date, night.month_start, sum(steps.step_amt) as step_amt
        from steps
        inner join night on steps.change_date <= night.biz_date
        group by steps.customer_id, steps.change_date, night.biz_date, night.month_start
    ) as day_steps
),

window_runs as (
    select
        runs.*,
        max(case when runs.to_date > runs.month_start - interval 12 month then runs.bal end) over (
            partition by runs.customer_id order by runs.from_date
        ) as peak_so_far,
        runs.from_date < runs.month_start and runs.to_date > runs.month_start - interval 12 month as is_l12m
    from runs
),

aum_sums as (
    select
        window_runs.customer_id,
        sum(case when window_runs.to_date > window_runs.biz_date then window_runs.bal end) as aum_bal,
        max(case when window_runs.is_l12m then window_runs.bal end) as peak_amt,
        bool_or(
            window_runs.is_l12m and window_runs.peak_so_far > 0 and window_runs.bal < lines.lost_amt
            and window_runs.bal <= lines.lost_ratio * window_runs.peak_so_far
        ) as was_lost,
        sum(window_runs.bal * greatest(0, window_runs.to_date - greatest(window_runs.from_date, window_runs.biz_date - 364)))
            as sum_365d,
        {% for name, ago in [('lm', 1), ('p3', 4)] %}
        sum(
            window_runs.bal * greatest(
                0,
                least(window_runs.to_date, cast(window_runs.month_start - interval {{ ago - 1 }} month as date))
                - greatest(window_runs.from_date, cast(window_runs.month_start - interval {{ ago }} month as date))
            )
        ) as sum_{{ name }},
        day(last_day(max(window_runs.month_start) - interval {{ ago }} month)) as days_{{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from window_runs
    cross join lines
    group by window_runs.customer_id
),

asset_lines as (
    select
        current_lines.customer_id,
        count(*) as line_cnt
    from (
        select distinct
            asset_history.customer_id,
            case when asset_history.prod in ('demand', 'term', 'cd') then 'dep' else asset_history.prod end as line
        from asset_history
        inner join night on asset_history.valid_from <= night.biz_date and asset_history.valid_to > night.biz_date
        where asset_history.bal > 0 and asset_history.prod <> 'transit'
    ) as current_lines
    group by current_lines.customer_id
),

aums as (
    select
        aum_sums.*,
        asset_lines.line_cnt,
        {% for name, days in [('365d', '365'), ('lm', 'aum_sums.days_lm'), ('p3', 'aum_sums.days_p3')] %}
        cast({{ divided('aum_sums.sum_' ~ name, days, 2) }} as decimal(18, 2)) as davg_{{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from aum_sums
    left join asset_lines on aum_sums.customer_id = asset_lines.customer_id
),

debt_lines as (
    select debt_history.customer_id, count(distinct debt_history.prod) as line_cnt
    from {{ ref('dws_retail_liability_history') }} as debt_history
    inner join night on debt_history.valid_from <= night.biz_date and debt_history.valid_to > night.biz_date
    where debt_history.bal > 0
    group by debt_history.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(contrib, 'contrib_sums.net_lm', 'decimal(18,2)', '0') }} as val_contrib_net_amt_sum_lm,
        {{ tag_value(contrib, 'contrib_sums.net_l3m', 'decimal(18,2)', '0') }} as val_contrib_net_amt_sum_l3m,
        {{ tag_value(contrib, 'contrib_sums.net_l12m', 'decimal(18,2)', '0') }} as val_contrib_net_amt_sum_l12m,
        {{ tag_value(contrib, 'contrib_sums.net_ytd', 'decimal(18,2)', '0') }} as val_contrib_net_amt_sum_ytd,
        {{ tag_value(contrib, 'contrib_sums.ftp_lm', 'decimal(18,2)', '0') }} as val_contrib_ftp_amt_sum_lm,
        {{ tag_value(contrib, 'contrib_sums.ftp_l3m', 'decimal(18,2)', '0') }} as val_contrib_ftp_amt_sum_l3m,
        {{ tag_value(contrib, 'contrib_sums.ftp_l12m', 'decimal(18,2)', '0') }} as val_contrib_ftp_amt_sum_l12m,
        {{ tag_value(contrib, 'contrib_sums.ftp_ytd', 'decimal(18,2)', '0') }} as val_contrib_ftp_amt_sum_ytd,
        {{ tag_value(contrib, 'contrib_sums.fee_lm', 'decimal(18,2)', '0') }} as val_contrib_fee_amt_sum_lm,
        {{ tag_value(contrib, 'contrib_sums.fee_l3m', 'decimal(18,2)', '0') }} as val_contrib_fee_amt_sum_l3m,
        {{ tag_value(contrib, 'contrib_sums.fee_l12m', 'decimal(18,2)', '0') }} as val_contrib_fee_amt_sum_l12m,
        {{ tag_value(contrib, 'contrib_sums.fee_ytd', 'decimal(18,2)', '0') }} as val_contrib_fee_amt_sum_ytd,
        {{ tag_value(contrib, 'contrib_sums.cost_lm', 'decimal(18,2)', '0') }} as val_contrib_cost_amt_sum_lm,
        {{ tag_value(contrib, 'contrib_sums.cost_l3m', 'decimal(18,2)', '0') }} as val_contrib_cost_amt_sum_l3m,
        {{ tag_value(contrib, 'contrib_sums.cost_l12m', 'decimal(18,2)', '0') }} as val_contrib_cost_amt_sum_l12m,
        {{ tag_value(contrib, 'contrib_sums.cost_ytd', 'decimal(18,2)', '0') }} as val_contrib_cost_amt_sum_ytd,
        {{ tag_value(contrib, 'contrib_sums.provision_lm', 'decimal(18,2)', '0') }} as val_contrib_provision_amt_sum_lm,
        {{ tag_value(contrib, 'contrib_sums.provision_l3m', 'decimal(18,2)', '0') }} as val_contrib_provision_amt_sum_l3m,
        {{ tag_value(contrib, 'contrib_sums.provision_l12m', 'decimal(18,2)', '0') }} as val_contrib_provision_amt_sum_l12m,
        {{ tag_value(contrib, 'contrib_sums.provision_ytd', 'decimal(18,2)', '0') }} as val_contrib_provision_amt_sum_ytd,
        {{ tag_value(contrib, 'contrib_sums.dep_l12m', 'decimal(18,2)', '0') }} as val_contrib_dep_amt_sum_l12m,
        {{ tag_value(contrib, 'contrib_sums.loan_l12m', 'decimal(18,2)', '0') }} as val_contrib_loan_amt_sum_l12m,
        {{ tag_value(contrib, 'contrib_sums.months', 'integer', '0') }} as val_contrib_month_cnt_l12m,
        {{ tag_value(contrib, 'contrib_sums.last_month', 'date') }} as val_contrib_last_date,
        {{ tag_value(contrib, cut_code('contrib_band', 'coalesce(contrib_sums.net_l12m, 0)'), 'integer') }}
            as val_contrib_band_code,
        {{ tag_value(
            contrib+assets,
            'case when aums.davg_365d >= 1 then ' ~ divided('contrib_sums.net_l12m * 10000', 'aums.davg_365d') ~ ' end',
            'decimal(18,4)'
        ) }} as val_contrib_aum_bp,
        {{ tag_value(contacts, 'contact_sums.cnt_30d', 'integer', '0') }} as val_contact_cnt_30d,
        {{ tag_value(contacts, 'contact_sums.response_30d', 'integer', '0') }} as val_response_cnt_30d,
        {{ tag_value(contacts, 'contact_sums.cnt_90d', 'integer', '0') }} as val_contact_cnt_90d,
        {{ tag_value(contacts, 'contact_sums.response_90d', 'integer', '0') }} as val_response_cnt_90d,
        {{ tag_value(contacts, 'contact_sums.cnt_365d', 'integer', '0') }} as val_contact_cnt_365d,
        {{ tag_value(contacts, 'contact_sums.response_365d', 'integer', '0') }} as val_response_cnt_365d,
        {{ tag_value(contacts, divided('contact_sums.response_365d', 'contact_sums.cnt_365d'), 'decimal(18,4)') }}
            as val_response_ratio_365d,
        {{ tag_value(contacts, 'contact_sums.apply_365d', 'integer', '0') }} as val_apply_cnt_365d,
        {{ tag_value(contacts, 'contact_sums.refuse_365d', 'integer', '0') }} as val_refuse_cnt_365d,
        {{ tag_value(contacts, 'contact_sums.last_date', 'date') }} as val_contact_last_date,
        {{ tag_value(contacts, 'contact_sums.response_last', 'date') }} as val_response_last_date,
        {{ tag_value(contacts, 'contact_sums.in_90d', 'integer', '0') }} as val_contact_in_cnt_90d,
        {{ tag_value(contacts, 'contact_sums.channels', 'integer', '0') }} as val_contact_channel_cnt_365d,
        {{ tag_value(contacts, 'wishes.wish_product', 'varchar') }} as val_wish_product_code,
        {{ tag_value(assets, cut_code('aum_band', 'coalesce(aums.aum_bal, 0)'), 'integer') }} as val_aum_band_code,
        {{ tag_value(
            assets+flows+ecif,
            "case when parties.tenure_days <= lines.new_days then 'new' when aums.was_lost and coalesce(aums.aum_bal, 0) >= lines.back_amt then 'back' when coalesce(aums.aum_bal, 0) < lines.lost_amt and aums.peak_amt > 0 and coalesce(aums.aum_bal, 0) <= lines.lost_ratio * aums.peak_amt then 'lost' when coalesce(acts.idle_days, 99999) >= lines.sleep_days then 'sleeping' when coalesce(aums.davg_lm, 0) > coalesce(aums.davg_p3, 0) * (1 + lines.grow_ratio) then 'growing' when coalesce(aums.davg_lm, 0) < coalesce(aums.davg_p3, 0) * (1 - lines.grow_ratio) then 'declining' else 'mature' end",
            'varchar'
        ) }} as val_life_code,
        {{ tag_value(assets+debts, 'coalesce(aums.line_cnt, 0) + coalesce(debt_lines.line_cnt, 0)', 'integer', '0') }}
            as val_line_cnt,
        {{ tag_value(assets, 'aums.line_cnt', 'integer', '0') }} as val_asset_line_cnt,
        {{ tag_value(ecif, 'parties.years', 'integer') }} as val_loyalty_years
    from spine
    cross join lines
    left join contrib_sums on spine.customer_id = contrib_sums.customer_id
    left join contact_sums on spine.customer_id = contact_sums.customer_id
    left join wishes on spine.customer_id = wishes.customer_id
    left join parties on spine.customer_id = parties.customer_id
    left join acts on spine.customer_id = acts.customer_id
    left join aums on spine.customer_id = aums.customer_id
    left join debt_lines on spine.customer_id = debt_lines.customer_id
)

select * from final

-- a row is one corporate customer of the spine; term deposits: what falls due, what they earn, how long they last
{% set terms = ['core_acct', 'core_acct_person', 'core_term'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

deposits as (
    select
        deposits.*,
        deposits.due_date - night.biz_date as due_days,
        deposits.status_code = 'live' and deposits.start_date <= night.biz_date as is_live,
        deposits.status_code = 'matured'
        and deposits.due_date >= night.month_start - interval 12 month
        and deposits.due_date < night.month_start as is_matured_l12m
    from {{ ref('dwd_term_deposit') }} as deposits
    cross join night
    where deposits.entity = 'corporate'
),

live_sums as (
    select
        customer_id,
        count(*) as cnt,
        sum(principal_amt) as amt,
        {% for days in [7, 30, 60, 90] %}
        sum(case when due_days between 1 and {{ days }} then principal_amt else 0 end) as due_{{ days }}d,
        sum(case when due_days between 1 and {{ days }} and not is_auto_roll then principal_amt else 0 end) as noroll_{{ days }}d,
        {% endfor %}
        count(case when due_days between 1 and 30 then 1 end) as due_cnt_30d,
        min(case when due_days > 0 then due_date end) as next_due_date,
        min(case when due_days > 0 then due_days end) as next_due_days,
        sum(principal_amt * rate) as rate_amt,
        max(rate) as max_rate,
        sum(case when is_pledged then principal_amt else 0 end) as pledged_amt,
        sum(principal_amt * greatest(due_days, 0)) as remain_amt,
        sum(case when term_code in ('3m', '6m') then principal_amt else 0 end) as short_amt,
        sum(case when term_code = '1y' then principal_amt else 0 end) as mid_amt,
        sum(case when term_code in ('2y', '3y', '5y') then principal_amt else 0 end) as long_amt,
        sum(case when kind_code = 'cd' then principal_amt else 0 end) as cd_amt,
        max(principal_amt) as max_amt
    from deposits
    where is_live
    group by customer_id
),

all_sums as (
    select
        customer_id,
        max(start_date) as last_start_date,
        count(*) as cnt_ltd,
        count(case when is_matured_l12m then 1 end) as matured_cnt,
        sum(case when is_matured_l12m then principal_amt else 0 end) as matured_amt
    from deposits
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(terms, 'live_sums.due_7d', 'decimal(18,2)', '0') }} as dep_term_due_amt_next7d,
        {{ tag_value(terms, 'live_sums.due_30d', 'decimal(18,2)', '0') }} as dep_term_due_amt_next30d,
        {{ tag_value(terms, 'live_sums.due_60d', 'decimal(18,2)', '0') }} as dep_term_due_amt_next60d,
        {{ tag_value(terms, 'live_sums.due_90d', 'decimal(18,2)', '0') }} as dep_term_due_amt_next90d,
        {{ tag_value(terms, 'live_sums.noroll_7d', 'decimal(18,2)', '0') }} as dep_term_due_noroll_amt_next7d,
        {{ tag_value(terms, 'live_sums.noroll_30d', 'decimal(18,2)', '0') }} as dep_term_due_noroll_amt_next30d,
        {{ tag_value(terms, 'live_sums.noroll_60d', 'decimal(18,2)', '0') }} as dep_term_due_noroll_amt_next60d,
        {{ tag_value(terms, 'live_sums.noroll_90d', 'decimal(18,2)', '0') }} as dep_term_due_noroll_amt_next90d,
        {{ tag_value(terms, 'live_sums.due_cnt_30d', 'integer', '0') }} as dep_term_due_cnt_next30d,
        {{ tag_value(terms, divided('live_sums.due_90d', 'live_sums.amt'), 'decimal(18,4)') }}
            as dep_term_due_ratio_next90d,
        {{ tag_value(terms, 'live_sums.next_due_date', 'date') }} as dep_term_next_due_date,
        {{ tag_value(terms, 'live_sums.next_due_days', 'integer') }} as dep_term_next_due_days,
        {{ tag_value(terms, 'live_sums.cnt', 'integer', '0') }} as dep_term_cnt,
        {{ tag_value(terms, 'live_sums.amt', 'decimal(18,2)', '0') }} as dep_term_principal_amt,
        {{ tag_value(terms, 'live_sums.max_amt', 'decimal(18,2)', '0') }} as dep_term_max_amt,
        {{ tag_value(terms, divided('live_sums.rate_amt', 'live_sums.amt'), 'decimal(18,4)') }} as dep_term_rate,
        {{ tag_value(terms, 'live_sums.max_rate', 'decimal(18,4)') }} as dep_term_rate_max,
        {{ tag_value(terms, 'live_sums.pledged_amt', 'decimal(18,2)', '0') }} as dep_term_pledged_amt,
        {{ tag_value(terms, divided('live_sums.pledged_amt', 'live_sums.amt'), 'decimal(18,4)') }}
            as dep_term_pledged_ratio,
        {{ tag_value(terms, divided('live_sums.remain_amt', 'live_sums.amt'), 'decimal(18,4)') }} as dep_term_remain_days,
        {{ tag_value(terms, 'live_sums.short_amt', 'decimal(18,2)', '0') }} as dep_term_short_amt,
        {{ tag_value(terms, 'live_sums.mid_amt', 'decimal(18,2)', '0') }} as dep_term_mid_amt,
        {{ tag_value(terms, 'live_sums.long_amt', 'decimal(18,2)', '0') }} as dep_term_long_amt,
        {{ tag_value(terms, 'all_sums.cnt_ltd', 'integer', '0') }} as dep_term_cnt_ltd,
        {{ tag_value(terms, 'all_sums.last_start_date', 'date') }} as dep_term_last_start_date,
        {{ tag_value(terms, 'all_sums.matured_amt', 'decimal(18,2)', '0') }} as dep_term_matured_amt_l12m,
        {{ tag_value(terms, 'all_sums.matured_cnt', 'integer', '0') }} as dep_term_matured_cnt_l12m
    from spine
    left join live_sums on spine.customer_id = live_sums.customer_id
    left join all_sums on spine.customer_id = all_sums.customer_id
)

select * from final

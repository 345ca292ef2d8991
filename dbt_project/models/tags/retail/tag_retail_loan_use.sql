-- a row is one retail customer of the spine; credit limits and their use, payments on loans and prepayments
{% set limits = ['crd_limit', 'crd_contract'] %}
{% set repays = ['crd_note', 'crd_repay'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

contract_kinds as (
    select limit_no, bool_or(kind_code = 'cons') as has_cons
    from {{ ref('dwd_loan_contract') }}
    group by limit_no
),

credit_limits as (
    select
        credit_limits.*,
        night.biz_date,
        credit_limits.status_code = 'live' and credit_limits.from_date <= night.biz_date
        and coalesce(credit_limits.to_date >= night.biz_date, true) as is_live,
        coalesce(contract_kinds.has_cons, credit_limits.is_revolving) as is_cons,
        greatest(0, credit_limits.amt - coalesce(credit_limits.used_amt, 0) - coalesce(credit_limits.frozen_amt, 0)) as avail_amt
    from {{ ref('dwd_credit_limit') }} as credit_limits
    cross join night
    left join contract_kinds on credit_limits.limit_no = contract_kinds.limit_no
    where credit_limits.entity = 'retail'
),

limit_sums as (
    select
        customer_id,
        sum(case when is_live and is_cons then amt else 0 end) as cons_amt,
        sum(case when is_live and is_cons then used_amt else 0 end) as cons_used,
        sum(case when is_live and is_cons then avail_amt else 0 end) as cons_avail,
        max(case when is_live and is_cons then biz_date - from_date end) as cons_age,
        min(case when is_live and is_cons then to_date - biz_date end) as cons_left,
        count(case when is_live then 1 end) as cnt,
        sum(case when is_live then amt else 0 end) as amt,
        sum(case when is_live then used_amt else 0 end) as used,
        sum(case when is_live then avail_amt else 0 end) as avail,
        sum(case when is_live and is_revolving then amt else 0 end) as revolving,
        count(case when status_code = 'expired' or to_date < biz_date then 1 end) as expired_cnt,
        max(from_date) as last_date
    from credit_limits
    group by customer_id
),

-- A note that is paid off is no longer on the books: who it was of, any day of it says.
note_owners as (
    select note_no, any_value(customer_id) as customer_id
    from {{ ref('dwd_loan_note') }}
    where entity = 'retail'
    group by note_no
),

repayments as (
    select
        note_owners.customer_id,
        repayments.*,
        repayments.prin_amt + repayments.int_amt + repayments.penalty_amt as amt,
        repayments.kind_code in ('early_part', 'early_full') as is_early,
        repayments.acct_date >= night.month_start - interval 1 month and repayments.acct_date < night.month_start as is_lm,
        repayments.acct_date >= night.month_start - interval 3 month and repayments.acct_date < night.month_start as is_l3m,
        repayments.acct_date >= night.month_start - interval 12 month and repayments.acct_date < night.month_start as is_l12m,
        repayments.acct_date >= date_trunc('year', night.biz_date) as is_ytd
    from {{ ref('dwd_loan_repayment') }} as repayments
    inner join night on repayments.acct_date <= night.biz_date
    inner join note_owners on repayments.note_no = note_owners.note_no
),

repay_sums as (
    select
        customer_id,
        {% for window in ['lm', 'l3m', 'l12m', 'ytd'] %}
        sum(case when is_{{ window }} then amt else 0 end) as amt_{{ window }},
        sum(case when is_{{ window }} then int_amt else 0 end) as int_{{ window }},
        sum(case when is_{{ window }} then prin_amt else 0 end) as prin_{{ window }},
        {% endfor %}
        sum(case when is_l12m then penalty_amt else 0 end) as penalty_l12m,
        count(case when is_l12m then 1 end) as cnt_l12m,
        max(acct_date) as last_date,
        sum(case when is_l12m and is_early then prin_amt else 0 end) as prepay_l12m,
        count(case when is_l12m and is_early then 1 end) as prepay_cnt_l12m,
        max(case when is_early then acct_date end) as prepay_last,
        count(case when is_l12m and kind_code in ('collect', 'substitute') then 1 end) as collect_cnt_l12m
    from repayments
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(limits, 'limit_sums.cons_amt', 'decimal(18,2)', '0') }} as loan_cons_limit_amt,
        {{ tag_value(limits, 'limit_sums.cons_avail', 'decimal(18,2)', '0') }} as loan_cons_avail_amt,
        {{ tag_value(limits, 'limit_sums.cons_age', 'integer') }} as loan_cons_limit_age_days,
        {{ tag_value(limits, 'limit_sums.cons_left', 'integer') }} as loan_cons_limit_left_days,
        {{ tag_value(limits, divided('limit_sums.cons_used', 'limit_sums.cons_amt'), 'decimal(18,4)') }}
            as loan_cons_util_ratio,
        {{ tag_value(limits, 'limit_sums.cnt', 'integer', '0') }} as crd_limit_cnt,
        {{ tag_value(limits, 'limit_sums.amt', 'decimal(18,2)', '0') }} as crd_limit_amt,
        {{ tag_value(limits, 'limit_sums.used', 'decimal(18,2)', '0') }} as crd_used_amt,
        {{ tag_value(limits, 'limit_sums.avail', 'decimal(18,2)', '0') }} as crd_avail_amt,
        {{ tag_value(limits, divided('limit_sums.used', 'limit_sums.amt'), 'decimal(18,4)') }} as crd_util_ratio,
        {{ tag_value(limits, 'limit_sums.revolving', 'decimal(18,2)', '0') }} as crd_revolving_amt,
        {{ tag_value(limits, 'limit_sums.expired_cnt', 'integer', '0') }} as crd_expired_cnt,
        {{ tag_value(limits, 'limit_sums.last_date', 'date') }} as crd_limit_last_date,
        {{ tag_value(repays, 'repay_sums.amt_lm', 'decimal(18,2)', '0') }} as loan_repay_amt_sum_lm,
        {{ tag_value(repays, 'repay_sums.amt_l3m', 'decimal(18,2)', '0') }} as loan_repay_amt_sum_l3m,
        {{ tag_value(repays, 'repay_sums.amt_l12m', 'decimal(18,2)', '0') }} as loan_repay_amt_sum_l12m,
        {{ tag_value(repays, 'repay_sums.amt_ytd', 'decimal(18,2)', '0') }} as loan_repay_amt_sum_ytd,
        {{ tag_value(repays, 'repay_sums.int_l12m', 'decimal(18,2)', '0') }} as loan_repay_int_amt_sum_l12m,
        {{ tag_value(repays, 'repay_sums.prin_l12m', 'decimal(18,2)', '0') }} as loan_repay_prin_amt_sum_l12m,
        {{ tag_value(repays, 'repay_sums.int_ytd', 'decimal(18,2)', '0') }} as loan_repay_int_amt_sum_ytd,
        {{ tag_value(repays, 'repay_sums.prin_ytd', 'decimal(18,2)', '0') }} as loan_repay_prin_amt_sum_ytd,
        {{ tag_value(repays, 'repay_sums.penalty_l12m', 'decimal(18,2)', '0') }} as loan_penalty_amt_sum_l12m,
        {{ tag_value(repays, 'repay_sums.cnt_l12m', 'integer', '0') }} as loan_repay_cnt_l12m,
        {{ tag_value(repays, 'repay_sums.last_date', 'date') }} as loan_repay_last_date,
        {{ tag_value(repays, 'repay_sums.prepay_l12m', 'decimal(18,2)', '0') }} as loan_prepay_amt_sum_l12m,
        {{ tag_value(repays, 'repay_sums.prepay_cnt_l12m', 'integer', '0') }} as loan_prepay_cnt_l12m,
        {{ tag_value(repays, 'repay_sums.prepay_last', 'date') }} as loan_prepay_last_date,
        {{ tag_value(repays, 'repay_sums.collect_cnt_l12m', 'integer', '0') }} as loan_collect_cnt_l12m
    from spine
    left join limit_sums on spine.customer_id = limit_sums.customer_id
    left join repay_sums on spine.customer_id = repay_sums.customer_id
)

select * from final

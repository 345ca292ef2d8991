-- a row is one retail customer of the spine; credit cards in use: spending, cash, interest, statements, instalments and sleep
{% set cards = ['cc_acct'] %}
{% set flows = ['cc_acct', 'cc_txn'] %}
{% set stmts = ['cc_acct', 'cc_stmt'] %}
{% set instal = ['cc_instal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

card_sums as (
    select
        credit_cards.customer_id,
        max(night.biz_date) as biz_date,
        min(credit_cards.open_date) as first_date,
        sum(credit_cards.bal) as bal,
        sum(credit_cards.credit_bal) as credit_bal,
        sum(credit_cards.instal_bal) as instal_bal,
        max(credit_cards.limit_amt) as limit_max,
        sum(credit_cards.temp_limit_amt) as temp_amt,
        max({{ divided('credit_cards.bal', 'credit_cards.limit_amt') }}) as util_max
    from {{ ref('dwd_credit_card') }} as credit_cards
    inner join night on credit_cards.bal_date = night.biz_date
    where credit_cards.status_code <> 'closed'
    group by credit_cards.customer_id
),

entries as (
    select
        entries.*,
        entries.acct_date > night.biz_date - 30 as is_30d,
        entries.acct_date > night.biz_date - 90 as is_90d,
        entries.acct_date >= night.month_start - interval 12 month and entries.acct_date < night.month_start as is_l12m
    from {{ ref('dwd_credit_card_transaction') }} as entries
    inner join night on entries.acct_date <= night.biz_date
),

flow_sums as (
    select
        customer_id,
        {% for kind in ['spend', 'cash', 'fee', 'int', 'repay', 'refund'] %}
        {% for window in ['30d', '90d', 'l12m'] %}
        sum(case when kind_code = '{{ kind }}' and is_{{ window }} then amt else 0 end) as {{ kind }}_{{ window }},
        {% endfor %}
        {% endfor %}
        {% for window in ['30d', '90d', 'l12m'] %}
        count(case when kind_code = 'spend' and is_{{ window }} then 1 end) as spend_cnt_{{ window }},
        {% endfor %}
        count(case when kind_code = 'cash' and is_l12m then 1 end) as cash_cnt_l12m,
        sum(case when kind_code = 'spend' and is_l12m and country_code <> 'CHN' then amt else 0 end) as abroad_l12m,
        count(distinct case when kind_code in ('spend', 'cash') and is_self and is_l12m then date_trunc('month', acct_date) end)
            as month_cnt,
        max(case when is_self then acct_date end) as self_last
    from entries
    group by customer_id
),

statements_by_night as (
    {{ card_statements_by_night() }}
),

statements as (
    select
        statements.*,
        statements.stmt_month = night.month_start - 1 as is_lm,
        statements.stmt_month >= night.month_start - interval 3 month as is_l3m,
        statements.stmt_month >= night.month_start - interval 6 month as is_l6m,
        statements.paid_amt >= statements.min_pay_amt and statements.paid_amt < statements.stmt_amt as is_revolved
    from statements_by_night as statements
    cross join night
),

stmt_sums as (
    select
        customer_id,
        sum(case when is_lm then min_pay_amt else 0 end) as min_lm,
        sum(case when is_lm then paid_amt else 0 end) as paid_lm,
        bool_or(is_lm and paid_amt is null) as is_lm_open,
        sum(case when is_l3m then stmt_amt else 0 end) as amt_l3m,
        sum(case when is_l6m then stmt_amt else 0 end) as amt_l6m,
        count(distinct case when is_l6m then stmt_month end) as month_l6m,
        sum(stmt_amt) as amt_l12m,
        sum(paid_amt) as paid_l12m,
        sum(case when paid_amt is not null then stmt_amt end) as due_l12m,
        count(case when is_revolved then 1 end) as revolve_l12m,
        count(case when paid_amt < min_pay_amt then 1 end) as late_l12m,
        count(case when stmt_amt > 0 and paid_amt >= stmt_amt then 1 end) as full_l12m
    from statements
    group by customer_id
),

instal_sums as (
    select
        plans.customer_id,
        sum(case when plans.status_code = 'live' then plans.left_amt else 0 end) as left_amt,
        sum(case when plans.status_code = 'live' then plans.principal_amt else 0 end) as live_amt,
        sum(case when plans.status_code = 'live' then plans.principal_amt * plans.fee_rate else 0 end) as fee_amt,
        sum(case
            when plans.start_date >= night.month_start - interval 12 month and plans.start_date < night.month_start
                then plans.principal_amt
            else 0
        end) as new_amt
    from {{ ref('dwd_card_instalment') }} as plans
    inner join night on plans.start_date <= night.biz_date
    group by plans.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.spend_30d, 0) end',
            'decimal(18,2)'
        ) }} as cc_spend_amt_sum_30d,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.spend_90d, 0) end',
            'decimal(18,2)'
        ) }} as cc_spend_amt_sum_90d,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.spend_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_spend_amt_sum_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.cash_90d, 0) end',
            'decimal(18,2)'
        ) }} as cc_cash_amt_sum_90d,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.cash_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_cash_amt_sum_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.fee_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_fee_amt_sum_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.int_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_int_amt_sum_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.repay_90d, 0) end',
            'decimal(18,2)'
        ) }} as cc_repay_amt_sum_90d,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.repay_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_repay_amt_sum_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.refund_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_refund_amt_sum_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.spend_cnt_30d, 0) end',
            'integer'
        ) }} as cc_spend_cnt_30d,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.spend_cnt_90d, 0) end',
            'integer'
        ) }} as cc_spend_cnt_90d,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.spend_cnt_l12m, 0) end',
            'integer'
        ) }} as cc_spend_cnt_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.cash_cnt_l12m, 0) end',
            'integer'
        ) }} as cc_cash_cnt_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.abroad_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_abroad_amt_sum_l12m,
        {{ tag_value(
            flows,
            'case when card_sums.customer_id is not null then coalesce(flow_sums.month_cnt, 0) end',
            'integer'
        ) }} as cc_active_month_cnt_l12m,
        {{ tag_value(flows, 'flow_sums.self_last', 'date') }} as cc_self_last_date,
        {{ tag_value(
            flows,
            "case when card_sums.customer_id is null then null when card_sums.bal <> 0 or card_sums.credit_bal <> 0 then 0 else date_diff('month', coalesce(flow_sums.self_last, card_sums.first_date), card_sums.biz_date) - case when day(coalesce(flow_sums.self_last, card_sums.first_date)) > day(card_sums.biz_date) and card_sums.biz_date <> last_day(card_sums.biz_date) then 1 else 0 end end",
            'integer'
        ) }} as cc_self_idle_months,
        {{ tag_value(cards, 'card_sums.limit_max', 'decimal(18,2)') }} as cc_limit_max_amt,
        {{ tag_value(cards, 'card_sums.temp_amt', 'decimal(18,2)', '0') }} as cc_temp_limit_amt,
        {{ tag_value(cards, 'card_sums.util_max', 'decimal(18,4)') }} as cc_util_max_ratio,
        {{ tag_value(cards, divided('card_sums.instal_bal', 'card_sums.bal'), 'decimal(18,4)') }} as cc_instal_ratio,
        {{ tag_value(instal, 'instal_sums.left_amt', 'decimal(18,2)', '0') }} as cc_instal_left_amt,
        {{ tag_value(instal, 'instal_sums.new_amt', 'decimal(18,2)', '0') }} as cc_instal_amt_sum_l12m,
        {{ tag_value(instal, divided('instal_sums.fee_amt', 'instal_sums.live_amt'), 'decimal(18,4)') }} as cc_instal_fee_rate,
        {{ tag_value(
            stmts,
            'case when card_sums.customer_id is not null then coalesce(stmt_sums.min_lm, 0) end',
            'decimal(18,2)'
        ) }} as cc_stmt_min_amt_lm,
        {{ tag_value(
            stmts,
            'case when card_sums.customer_id is not null and not coalesce(stmt_sums.is_lm_open, false) then coalesce(stmt_sums.paid_lm, 0) end',
            'decimal(18,2)'
        ) }} as cc_stmt_paid_amt_lm,
        {{ tag_value(
            stmts,
            'case when card_sums.customer_id is not null then coalesce(stmt_sums.amt_l3m, 0) end',
            'decimal(18,2)'
        ) }} as cc_stmt_amt_sum_l3m,
        {{ tag_value(
            stmts,
            'case when card_sums.customer_id is not null then coalesce(stmt_sums.amt_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_stmt_amt_sum_l12m,
        {{ tag_value(
            stmts,
            'case when card_sums.customer_id is not null then coalesce(stmt_sums.paid_l12m, 0) end',
            'decimal(18,2)'
        ) }} as cc_stmt_paid_amt_sum_l12m,
        {{ tag_value(
            stmts,
            'case when card_sums.customer_id is not null then coalesce(stmt_sums.revolve_l12m, 0) end',
            'integer'
        ) }} as cc_revolve_cnt_l12m,
        {{ tag_value(
            stmts,
            'case when card_sums.customer_id is not null then coalesce(stmt_sums.late_l12m, 0) end',
            'integer'
        ) }} as cc_late_cnt_l12m,
        {{ tag_value(
            stmts,
            'case when card_sums.customer_id is not null then coalesce(stmt_sums.full_l12m, 0) end',
            'integer'
        ) }} as cc_full_cnt_l12m,
        {{ tag_value(stmts, divided('stmt_sums.paid_l12m', 'stmt_sums.due_l12m'), 'decimal(18,4)') }}
            as cc_stmt_pay_ratio_l12m,
        {{ tag_value(stmts, divided('stmt_sums.amt_l6m', 'stmt_sums.month_l6m', 2), 'decimal(18,2)') }} as cc_stmt_mean_amt_l6m
    from spine
    left join card_sums on spine.customer_id = card_sums.customer_id
    left join flow_sums on spine.customer_id = flow_sums.customer_id
    left join stmt_sums on spine.customer_id = stmt_sums.customer_id
    left join instal_sums on spine.customer_id = instal_sums.customer_id
)

select * from final

-- a row is one corporate customer of the spine; what falls due on loans, and how instalments were paid
{% set schedule = ['crd_note', 'crd_schedule'] %}
{% set notes = ['crd_note'] %}
{% set cover = ['crd_note', 'crd_schedule', 'core_acct', 'core_acct_person', 'core_bal'] %}
{% set repay = ['crd_note', 'crd_repay'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

loan_notes as (
    select loan_notes.*, loan_notes.due_date - night.biz_date as due_days
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date = night.biz_date
    where loan_notes.entity = 'corporate'
),

note_owners as (
    select distinct note_no, customer_id from {{ ref('dwd_loan_note') }} where entity = 'corporate'
),

terms as (
    select
        terms.*,
        note_owners.customer_id,
        terms.prin_amt - terms.paid_prin_amt as open_prin_amt,
        terms.int_amt - terms.paid_int_amt as open_int_amt,
        terms.due_date - night.biz_date as due_days,
        terms.due_date >= night.month_start - interval 12 month and terms.due_date < night.month_start as is_l12m,
        coalesce(least(terms.paid_date, night.biz_date), night.biz_date) - terms.due_date as late_days
    from {{ ref('dwd_loan_schedule') }} as terms
    inner join note_owners on terms.note_no = note_owners.note_no
    cross join night
),

open_sums as (
    select
        terms.customer_id,
        {% for days in [7, 30, 60, 90] %}
        sum(case when terms.due_days between 1 and {{ days }} then terms.open_prin_amt + terms.open_int_amt else 0 end) as due_{{ days }}d,
        sum(case when terms.due_days between 1 and {{ days }} then terms.open_prin_amt else 0 end) as prin_{{ days }}d,
        sum(case when terms.due_days between 1 and {{ days }} then terms.open_int_amt else 0 end) as int_{{ days }}d,
        {% endfor %}
        min(case when terms.due_days > 0 then terms.due_date end) as next_date,
        min(case when terms.due_days > 0 then terms.due_days end) as next_days,
        count(case when terms.due_days < 0 then 1 end) as late_cnt,
        sum(case when terms.due_days < 0 then terms.open_prin_amt + terms.open_int_amt else 0 end) as late_amt
    from terms
    inner join loan_notes on terms.note_no = loan_notes.note_no
    where terms.open_prin_amt + terms.open_int_amt > 0
    group by terms.customer_id
),

next_sums as (
    select terms.customer_id, sum(terms.open_prin_amt + terms.open_int_amt) as amt
    from terms
    inner join loan_notes on terms.note_no = loan_notes.note_no
    inner join open_sums on terms.customer_id = open_sums.customer_id and terms.due_date = open_sums.next_date
    group by terms.customer_id
),

behaviours as (
    select
        customer_id,
        count(*) as cnt,
        count(case when late_days <= 0 then 1 end) as on_time_cnt,
        count(case when late_days > 0 then 1 end) as late_cnt,
        max(greatest(late_days, 0)) as max_late_days
    from terms
    where is_l12m
    group by customer_id
),

final_dues as (
    select
        customer_id,
        {% for days in [30, 60, 90] %}
        sum(case when due_days between 1 and {{ days }} then principal_amt else 0 end) as due_{{ days }}d,
        {% endfor %}
        count(case when due_days between 1 and 90 and principal_amt > 0 then 1 end) as cnt_90d,
        min(case when due_days > 0 and principal_amt > 0 then due_days end) as next_days,
        min(case when due_days > 0 and principal_amt > 0 then due_date end) as next_date
    from loan_notes
    group by customer_id
),

repayments as (
    select
        note_owners.customer_id,
        sum(case when repayments.kind_code in ('early_part', 'early_full') then repayments.prin_amt else 0 end) as early_amt,
        count(case when repayments.kind_code in ('early_part', 'early_full') then 1 end) as early_cnt,
        count(case when repayments.kind_code = 'collect' then 1 end) as collect_cnt,
        sum(
            case when repayments.kind_code = 'collect'
                then repayments.prin_amt + repayments.int_amt + penalty_amt else 0 end
        ) as collect_amt,
        sum(repayments.penalty_amt) as penalty_amt,
        max(repayments.acct_date) as last_date
    from {{ ref('dwd_loan_repayment') }} as repayments
    inner join note_owners on repayments.note_no = note_owners.note_no
    inner join night on repayments.acct_date > night.biz_date - 365 and repayments.acct_date <= night.biz_date
    group by note_owners.customer_id
),

free_balances as (
    select balances.customer_id, sum(balances.bal - coalesce(balances.frozen_amt, 0)) as amt
    from {{ ref('dwd_account_balance_daily') }} as balances
    inner join night on balances.bal_date = night.biz_date
    where balances.entity = 'corporate' and balances.prod = 'demand'
    group by balances.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(schedule, 'open_sums.due_7d', 'decimal(18,2)', '0') }} as loan_due_amt_next7d,
        {{ tag_value(schedule, 'open_sums.due_30d', 'decimal(18,2)', '0') }} as loan_due_amt_next30d,
        {{ tag_value(schedule, 'open_sums.due_60d', 'decimal(18,2)', '0') }} as loan_due_amt_next60d,
        {{ tag_value(schedule, 'open_sums.due_90d', 'decimal(18,2)', '0') }} as loan_due_amt_next90d,
        {{ tag_value(schedule, 'open_sums.prin_7d', 'decimal(18,2)', '0') }} as loan_due_prin_amt_next7d,
        {{ tag_value(schedule, 'open_sums.prin_30d', 'decimal(18,2)', '0') }} as loan_due_prin_amt_next30d,
        {{ tag_value(schedule, 'open_sums.prin_60d', 'decimal(18,2)', '0') }} as loan_due_prin_amt_next60d,
        {{ tag_value(schedule, 'open_sums.prin_90d', 'decimal(18,2)', '0') }} as loan_due_prin_amt_next90d,
        {{ tag_value(schedule, 'open_sums.int_30d', 'decimal(18,2)', '0') }} as loan_due_int_amt_next30d,
        {{ tag_value(schedule, 'open_sums.int_90d', 'decimal(18,2)', '0') }} as loan_due_int_amt_next90d,
        {{ tag_value(schedule, 'open_sums.next_date', 'date') }} as loan_due_next_date,
        {{ tag_value(schedule, 'open_sums.next_days', 'integer') }} as loan_due_next_days,
        {{ tag_value(schedule, 'next_sums.amt', 'decimal(18,2)') }} as loan_due_next_amt,
        {{ tag_value(notes, 'final_dues.due_30d', 'decimal(18,2)', '0') }} as loan_final_due_amt_next30d,
        {{ tag_value(notes, 'final_dues.due_60d', 'decimal(18,2)', '0') }} as loan_final_due_amt_next60d,
        {{ tag_value(notes, 'final_dues.due_90d', 'decimal(18,2)', '0') }} as loan_final_due_amt_next90d,
        {{ tag_value(notes, 'final_dues.cnt_90d', 'integer', '0') }} as loan_final_due_cnt_next90d,
        {{ tag_value(notes, 'final_dues.next_date', 'date') }} as loan_final_due_date,
        {{ tag_value(notes, 'final_dues.next_days', 'integer') }} as loan_final_due_days,
        {{ tag_value(schedule, 'open_sums.late_cnt', 'integer', '0') }} as loan_late_term_cnt,
        {{ tag_value(schedule, 'open_sums.late_amt', 'decimal(18,2)', '0') }} as loan_late_amt,
        {{ tag_value(cover, divided('coalesce(free_balances.amt, 0)', 'open_sums.due_30d'), 'decimal(18,4)') }}
            as loan_due_cover_ratio_next30d,
        {{ tag_value(schedule, 'behaviours.cnt', 'integer', '0') }} as loan_term_cnt_l12m,
        {{ tag_value(schedule, divided('behaviours.on_time_cnt', 'behaviours.cnt'), 'decimal(18,4)') }}
            as loan_ontime_ratio_l12m,
        {{ tag_value(schedule, 'behaviours.late_cnt', 'integer', '0') }} as loan_late_cnt_l12m,
        {{ tag_value(schedule, 'behaviours.max_late_days', 'integer') }} as loan_late_days_max_l12m,
        {{ tag_value(repay, 'repayments.early_amt', 'decimal(18,2)', '0') }} as loan_early_amt_365d,
        {{ tag_value(repay, 'repayments.early_cnt', 'integer', '0') }} as loan_early_cnt_365d,
        {{ tag_value(repay, 'repayments.collect_cnt', 'integer', '0') }} as loan_collect_cnt_365d,
        {{ tag_value(repay, 'repayments.collect_amt', 'decimal(18,2)', '0') }} as loan_collect_amt_365d,
        {{ tag_value(repay, 'repayments.penalty_amt', 'decimal(18,2)', '0') }} as loan_penalty_amt_365d,
        {{ tag_value(repay, 'repayments.last_date', 'date') }} as loan_repay_last_date
    from spine
    left join open_sums on spine.customer_id = open_sums.customer_id
    left join next_sums on spine.customer_id = next_sums.customer_id
    left join behaviours on spine.customer_id = behaviours.customer_id
    left join final_dues on spine.customer_id = final_dues.customer_id
    left join repayments on spine.customer_id = repayments.customer_id
    left join free_balances on spine.customer_id = free_balances.customer_id
)

select * from final

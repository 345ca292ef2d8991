-- a row is one retail customer of the spine; days and amounts past due by product and window, episodes, instalments and collection
{% set notes = ['crd_note'] %}
{% set cards = ['cc_acct'] %}
{% set both = ['crd_note', 'cc_acct'] %}
{% set plans = ['crd_note', 'crd_schedule'] %}
{% set repays = ['crd_note', 'crd_repay'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

debt_days as (
    {{ debt_days(ref('dws_retail_liability_history')) }}
),

liability_daily as (
    select debt_days.*, biz_date - acct_date as days_ago from debt_days
),

arrears as (
    select
        customer_id,
        max(biz_date) as biz_date,
        {% for kind in ['mtg', 'cons', 'biz'] %}
        max(case when prod = '{{ kind }}' and days_ago = 0 then dpd end) as {{ kind }}_dpd,
        max(case
            when prod = '{{ kind }}' and acct_date >= month_start - interval 12 month and acct_date < month_start then dpd
        end) as {{ kind }}_dpd_l12m,
        {% endfor %}
        {% for debt, test in [('loan', "prod <> 'cc'"), ('cc', "prod = 'cc'")] %}
        max(case when {{ test }} and days_ago < 30 then dpd end) as {{ debt }}_dpd_30d,
        max(case when {{ test }} and days_ago < 90 then dpd end) as {{ debt }}_dpd_90d,
        max(case when {{ test }} then dpd end) as {{ debt }}_dpd_ltd,
        {% endfor %}
        max(case when days_ago = 0 then dpd end) as dpd,
        max(case when days_ago = 30 then dpd end) as dpd_before,
        max(case when days_ago < 90 then dpd end) as dpd_90d,
        max(case when acct_date >= month_start - interval 12 month and acct_date < month_start then dpd end) as dpd_l12m,
        -- Cards have no overdue amount; whoever owes on cards alone has no loan past due.
        sum(case when days_ago = 0 then coalesce(overdue_amt, 0) else 0 end) as overdue_amt,
        sum(case when days_ago = 0 then bal else 0 end) as bal,
        count(distinct case when days_ago = 0 and dpd > 0 and prod in ('mtg', 'cons', 'biz', 'cc') then prod end) as prod_cnt
    from liability_daily
    group by customer_id
),

customer_days as (
    select
        customer_id, acct_date,
        max(biz_date) as biz_date,
        max(month_start) as month_start,
        max(dpd) as dpd,
        sum(overdue_amt) as overdue_amt
    from liability_daily
    where dpd > 0 or overdue_amt > 0
    group by customer_id, acct_date
),

overdue_days as (
    select
        customer_days.*,
        acct_date >= month_start - interval 12 month and acct_date < month_start as is_l12m,
        coalesce(lag(case when dpd > 0 then acct_date end ignore nulls) over (partition by customer_id order by acct_date)
            = acct_date - 1, false) as is_continued
    from customer_days
),

worst_days as (
    select
        customer_id,
        max(biz_date) as biz_date,
        max(case when is_l12m then overdue_amt end) as overdue_l12m,
        min(case when dpd > 0 then acct_date end) as first_date,
        max(case when dpd > 0 then acct_date end) as last_date,
        count(case when dpd > 0 and is_l12m and not is_continued then 1 end) as episode_cnt,
        count(case when dpd > 0 and acct_date > biz_date - 90 then 1 end) as day_cnt_90d,
        count(distinct case when dpd > 0 and is_l12m then date_trunc('month', acct_date) end) as month_cnt
    from overdue_days
    group by customer_id
),

loan_notes as (
    select loan_notes.*, night.biz_date
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date <= night.biz_date
    where loan_notes.entity = 'retail'
),

note_sums as (
    select customer_id, sum(overdue_int_amt) as overdue_int_amt
    from loan_notes
    where bal_date = biz_date
    group by customer_id
),

note_owners as (
    select customer_id, note_no, bool_or(bal_date = biz_date and principal_amt > 0) as is_open
    from loan_notes
    group by customer_id, note_no
),

terms as (
    select
        note_owners.customer_id,
        note_owners.is_open,
        schedules.due_date - night.biz_date as due_days,
        schedules.paid_date is null or schedules.paid_date > night.biz_date as is_unpaid,
        schedules.paid_date > schedules.due_date as is_paid_late,
        schedules.due_date >= night.month_start - interval 12 month and schedules.due_date < night.month_start as is_l12m,
        schedules.prin_amt + schedules.int_amt - schedules.paid_prin_amt - schedules.paid_int_amt as left_amt
    from {{ ref('dwd_loan_schedule') }} as schedules
    inner join note_owners on schedules.note_no = note_owners.note_no
    cross join night
),

term_sums as (
    select
        customer_id,
        count(case when is_open and is_unpaid and due_days < 0 then 1 end) as overdue_cnt,
        sum(case when is_open and is_unpaid and due_days < 0 then left_amt else 0 end) as overdue_amt,
        sum(case when is_open and is_unpaid and due_days <= 30 then left_amt else 0 end) as due_amt,
        count(case when is_l12m then 1 end) as term_cnt,
        count(case when is_l12m and (is_unpaid or is_paid_late) then 1 end) as late_cnt
    from terms
    group by customer_id
),

repay_sums as (
    select
        note_owners.customer_id,
        count(case
            when repayments.kind_code = 'collect' and repayments.acct_date >= night.month_start - interval 12 month
                and repayments.acct_date < night.month_start then 1
        end) as collect_cnt,
        max(case when repayments.kind_code = 'collect' then repayments.acct_date end) as collect_date,
        sum(case
            when repayments.acct_date >= night.month_start - interval 12 month and repayments.acct_date < night.month_start
                then repayments.penalty_amt else 0
        end) as penalty_amt
    from {{ ref('dwd_loan_repayment') }} as repayments
    inner join note_owners on repayments.note_no = note_owners.note_no
    inner join night on repayments.acct_date <= night.biz_date
    group by note_owners.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(notes, 'arrears.mtg_dpd', 'integer', '0') }} as loan_mtg_dpd,
        {{ tag_value(notes, 'arrears.mtg_dpd_l12m', 'integer', '0') }} as loan_mtg_dpd_max_l12m,
        {{ tag_value(notes, 'arrears.cons_dpd', 'integer', '0') }} as loan_cons_dpd,
        {{ tag_value(notes, 'arrears.cons_dpd_l12m', 'integer', '0') }} as loan_cons_dpd_max_l12m,
        {{ tag_value(notes, 'arrears.biz_dpd', 'integer', '0') }} as loan_biz_dpd,
        {{ tag_value(notes, 'arrears.biz_dpd_l12m', 'integer', '0') }} as loan_biz_dpd_max_l12m,
        {{ tag_value(notes, 'arrears.loan_dpd_30d', 'integer', '0') }} as loan_dpd_max_30d,
        {{ tag_value(cards, 'arrears.cc_dpd_30d', 'integer', '0') }} as cc_dpd_max_30d,
        {{ tag_value(notes, 'arrears.loan_dpd_90d', 'integer', '0') }} as loan_dpd_max_90d,
        {{ tag_value(cards, 'arrears.cc_dpd_90d', 'integer', '0') }} as cc_dpd_max_90d,
        {{ tag_value(notes, 'arrears.loan_dpd_ltd', 'integer', '0') }} as loan_dpd_max_ltd,
        {{ tag_value(cards, 'arrears.cc_dpd_ltd', 'integer', '0') }} as cc_dpd_max_ltd,
        {{ tag_value(both, 'arrears.dpd', 'integer', '0') }} as risk_dpd_max,
        {{ tag_value(both, 'arrears.dpd_90d', 'integer', '0') }} as risk_dpd_max_90d,
        {{ tag_value(both, 'arrears.dpd_l12m', 'integer', '0') }} as risk_dpd_max_l12m,
        {{ tag_value(both, 'coalesce(arrears.dpd, 0) - coalesce(arrears.dpd_before, 0)', 'integer') }} as risk_dpd_chg_30d,
        {{ tag_value(both, cut_code('dpd_band', 'coalesce(arrears.dpd, 0)'), 'integer') }} as risk_dpd_band_code,
        {{ tag_value(both, 'arrears.overdue_amt', 'decimal(18,2)', '0') }} as risk_overdue_amt,
        {{ tag_value(both, divided('arrears.overdue_amt', 'arrears.bal'), 'decimal(18,4)') }} as risk_overdue_ratio,
        {{ tag_value(both, 'worst_days.overdue_l12m', 'decimal(18,2)', '0') }} as risk_overdue_amt_max_l12m,
        {{ tag_value(notes, 'note_sums.overdue_int_amt', 'decimal(18,2)', '0') }} as risk_overdue_int_amt,
        {{ tag_value(both, 'arrears.prod_cnt', 'integer', '0') }} as risk_overdue_prod_cnt,
        {{ tag_value(both, 'case when arrears.dpd > 0 then arrears.biz_date - arrears.dpd end', 'date') }}
            as risk_overdue_since_date,
        {{ tag_value(both, 'worst_days.first_date', 'date') }} as risk_overdue_first_date,
        {{ tag_value(
            both,
            'case when coalesce(arrears.dpd, 0) = 0 then worst_days.biz_date - worst_days.last_date end',
            'integer'
        ) }} as risk_cured_days,
        {{ tag_value(both, 'worst_days.episode_cnt', 'integer', '0') }} as risk_overdue_episode_cnt_l12m,
        {{ tag_value(both, 'worst_days.day_cnt_90d', 'integer', '0') }} as risk_overdue_day_cnt_90d,
        {{ tag_value(both, 'worst_days.month_cnt', 'integer', '0') }} as risk_overdue_month_cnt_l12m,
        {{ tag_value(plans, 'term_sums.overdue_cnt', 'integer', '0') }} as risk_overdue_term_cnt,
        {{ tag_value(plans, 'term_sums.overdue_amt', 'decimal(18,2)', '0') }} as risk_overdue_term_amt,
        {{ tag_value(plans, 'term_sums.due_amt', 'decimal(18,2)', '0') }} as risk_due_amt_next30d,
        {{ tag_value(plans, 'term_sums.term_cnt', 'integer', '0') }} as risk_term_cnt_l12m,
        {{ tag_value(plans, 'term_sums.late_cnt', 'integer', '0') }} as risk_late_term_cnt_l12m,
        {{ tag_value(plans, divided('term_sums.term_cnt - term_sums.late_cnt', 'term_sums.term_cnt'), 'decimal(18,4)') }}
            as risk_ontime_ratio_l12m,
        {{ tag_value(repays, 'repay_sums.collect_cnt', 'integer', '0') }} as risk_collect_cnt_l12m,
        {{ tag_value(repays, 'repay_sums.collect_date', 'date') }} as risk_collect_last_date,
        {{ tag_value(repays, 'repay_sums.penalty_amt', 'decimal(18,2)', '0') }} as risk_penalty_amt_sum_l12m
    from spine
    left join arrears on spine.customer_id = arrears.customer_id
    left join worst_days on spine.customer_id = worst_days.customer_id
    left join note_sums on spine.customer_id = note_sums.customer_id
    left join term_sums on spine.customer_id = term_sums.customer_id
    left join repay_sums on spine.customer_id = repay_sums.customer_id
)

select * from final

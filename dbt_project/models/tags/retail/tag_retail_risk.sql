-- a row is one retail customer of the spine; arrears, class, public court lists, and the block that says no reason
{% set notes = ['crd_note'] %}
{% set cards = ['cc_acct'] %}
{% set both = ['crd_note', 'cc_acct'] %}
{% set classes = ['crd_note', 'crd_class', 'cc_acct'] %}
{% set courts = ['ext_court', 'ecif_retail'] %}
{% set controls = ['core_acct', 'core_acct_person', 'core_ctrl'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

debt_days as (
    {{ debt_days(ref('dws_retail_liability_history')) }}
),

arrears as (
    select
        customer_id,
        max(case when prod <> 'cc' and acct_date = biz_date then dpd end) as loan_dpd,
        max(case when prod = 'cc' and acct_date = biz_date then dpd end) as cc_dpd,
        max(case
            when prod <> 'cc' and acct_date >= month_start - interval 12 month and acct_date < month_start then dpd
        end) as loan_dpd_l12m,
        max(case
            when prod = 'cc' and acct_date >= month_start - interval 12 month and acct_date < month_start then dpd
        end) as cc_dpd_l12m,
        count(distinct case
            when dpd > 0 and acct_date >= month_start - interval 12 month and acct_date < month_start then acct_date
        end) as overdue_day_cnt_l12m,
        max(case when dpd > 0 then acct_date end) as last_overdue_date
    from debt_days
    group by customer_id
),

open_notes as (
    select loan_notes.customer_id, loan_notes.note_no
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date = night.biz_date
    where loan_notes.entity = 'retail' and loan_notes.principal_amt > 0
),

note_classes as (
    select loan_classes.note_no, loan_classes.class_code
    from {{ ref('dwd_loan_class') }} as loan_classes
    inner join night on loan_classes.class_date <= night.biz_date
    qualify row_number() over (partition by loan_classes.note_no order by loan_classes.class_date desc) = 1
),

worst_classes as (
    select customer_id, max(class_code) as class_code
    from (
        select open_notes.customer_id, note_classes.class_code
        from open_notes
        inner join note_classes on open_notes.note_no = note_classes.note_no
        union all
        select credit_cards.customer_id, credit_cards.class_code
        from {{ ref('dwd_credit_card') }} as credit_cards
        inner join night on credit_cards.bal_date = night.biz_date
        where credit_cards.status_code <> 'closed'
    )
    group by customer_id
),

court_sums as (
    select
        court_cases.customer_id,
        bool_or(
            court_cases.kind_code in ('enforce', 'dishonest', 'limit_consume')
            and (court_cases.closed_date is null or court_cases.closed_date > night.biz_date)
        ) as is_enforced
    from {{ ref('dwd_court_case') }} as court_cases
    inner join night on court_cases.filed_date <= night.biz_date
    where court_cases.role_code = 'defendant'
    group by court_cases.customer_id
),

-- Only whether there is a reason, never which: to tell a manager would be to tell the customer. A stop of payment that the
-- bank itself set is a lost card or a wish of the customer, and no reason.
blocks as (
    select
        controls.customer_id,
        bool_or(controls.by_code in ('court', 'police', 'aml') or controls.ctrl_kind in ('freeze', 'no_receive_no_pay'))
            as is_blocked
    from {{ ref('dwd_account_control') }} as controls
    inner join night
        on
            controls.from_date <= night.biz_date
            and (controls.to_date is null or controls.to_date > night.biz_date)
    group by controls.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(notes, 'arrears.loan_dpd', 'integer', '0') }} as loan_dpd_max,
        {{ tag_value(notes, 'arrears.loan_dpd_l12m', 'integer', '0') }} as loan_dpd_max_l12m,
        {{ tag_value(cards, 'arrears.cc_dpd', 'integer', '0') }} as cc_dpd,
        {{ tag_value(cards, 'arrears.cc_dpd_l12m', 'integer', '0') }} as cc_dpd_max_l12m,
        {{ tag_value(both, 'arrears.overdue_day_cnt_l12m', 'integer', '0') }} as risk_overdue_day_cnt_l12m,
        {{ tag_value(both, 'arrears.last_overdue_date', 'date') }} as risk_last_overdue_date,
        {{ tag_value(both, 'coalesce(arrears.loan_dpd, 0) > 0 or coalesce(arrears.cc_dpd, 0) > 0', 'boolean') }}
            as risk_is_overdue,
        {{ tag_value(classes, 'worst_classes.class_code', 'integer', '0') }} as risk_class_worst_code,
        {{ tag_value(classes, 'worst_classes.class_code >= 3', 'boolean', 'false') }} as risk_is_npl,
        {{ tag_value(courts, 'court_sums.is_enforced', 'boolean', 'false') }} as risk_is_enforced,
        {{ tag_value(controls, 'blocks.is_blocked', 'boolean', 'false') }} as risk_is_marketing_blocked
    from spine
    left join arrears on spine.customer_id = arrears.customer_id
    left join worst_classes on spine.customer_id = worst_classes.customer_id
    left join court_sums on spine.customer_id = court_sums.customer_id
    left join blocks on spine.customer_id = blocks.customer_id
)

select * from final

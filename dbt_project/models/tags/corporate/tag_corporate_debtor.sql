-- a row is one corporate customer of the spine; five-level class of a debtor and of its claims
{% set classes = ['crd_note', 'crd_class'] %}
{% set debtor = ['crd_note', 'crd_class', 'crd_offbal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

latest_classes as (
    select classes.note_no, classes.class_code, classes.class_date, classes.is_restructured
    from {{ ref('dwd_loan_class') }} as classes
    inner join night on classes.class_date <= night.biz_date
    qualify row_number() over (partition by classes.note_no order by classes.class_date desc) = 1
),

-- What the debtor owes: its notes, and what the bank had to advance when bills or guarantees fell due.
claims as (
    select
        notes.customer_id,
        notes.note_no,
        case when notes.kind_code in ('wcap', 'fixed', 'trade', 'sole') then notes.kind_code else 'other' end as prod,
        notes.principal_amt,
        notes.dpd,
        true as is_note
    from {{ ref('dwd_loan_note') }} as notes
    inner join night on notes.bal_date = night.biz_date
    where notes.entity = 'corporate' and notes.principal_amt > 0
    union all
    select
        off_balance.customer_id,
        off_balance.biz_no as note_no,
        'adv' as prod,
        off_balance.adv_amt as principal_amt,
        night.biz_date - off_balance.due_date as dpd,
        false as is_note
    from {{ ref('dwd_off_balance') }} as off_balance
    cross join night
    where off_balance.entity = 'corporate' and off_balance.adv_amt > 0
),

floors as (
    select floors.prod, floors.dpd_from, floors.class_code
    from {{ ref('class_floor') }} as floors
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('floors') }}
),

claim_floors as (
    select claims.note_no, max(floors.class_code) as class_code
    from claims
    inner join floors on claims.prod = floors.prod and claims.dpd >= floors.dpd_from
    group by claims.note_no
),

-- Classes are set at month ends; days past due go on, and lift the class of the day to their floor.
classed as (
    select
        claims.*,
        latest_classes.class_code as monthly_code,
        latest_classes.class_date,
        coalesce(latest_classes.is_restructured, false) as is_restructured,
        greatest(coalesce(latest_classes.class_code, 1), coalesce(claim_floors.class_code, 1)) as class_code
    from claims
    left join latest_classes on claims.note_no = latest_classes.note_no
    left join claim_floors on claims.note_no = claim_floors.note_no
),

sums as (
    select
        customer_id,
        sum(principal_amt) as amt,
        {% for code in [1, 2, 3, 4, 5] %}
        sum(case when class_code = {{ code }} then principal_amt else 0 end) as amt_{{ code }},
        {% endfor %}
        sum(case when class_code >= 3 then principal_amt else 0 end) as npl_amt,
        max(class_code) as worst_code,
        max(case when is_note then monthly_code end) as monthly_code,
        max(class_date) as class_date,
        bool_or(is_restructured) as is_restructured,
        count(case when class_code > coalesce(monthly_code, 1) then 1 end) as floored_cnt
    from classed
    group by customer_id
),

-- The class with the most principal, of equal ones the worse.
heaviest as (
    select customer_id, last(class_code order by amt, class_code) as class_code
    from (select customer_id, class_code, sum(principal_amt) as amt from classed group by customer_id, class_code)
    group by customer_id
),

debtors as (
    select
        sums.*,
        case
            when sums.npl_amt > {{ parameter('debtor_npl_ratio') }} * sums.amt then sums.worst_code
            else heaviest.class_code
        end as debtor_code
    from sums
    inner join heaviest on sums.customer_id = heaviest.customer_id
),

note_owners as (
    select distinct note_no, customer_id from {{ ref('dwd_loan_note') }} where entity = 'corporate'
),

class_history as (
    select
        note_owners.customer_id,
        max(case when classes.class_date = night.month_start - 1 then classes.class_code end) as code_bom,
        max(
            case when classes.class_date = cast(night.month_start - interval 12 month as date) - 1
                then classes.class_code end
        ) as code_l12m,
        max(case when classes.class_date > night.biz_date - 365 then classes.class_code end) as worst_365d,
        min(case when classes.class_code >= 3 then classes.class_date end) as npl_date
    from {{ ref('dwd_loan_class') }} as classes
    inner join note_owners on classes.note_no = note_owners.note_no
    inner join night on classes.class_date <= night.biz_date
    group by note_owners.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(debtor, 'debtors.debtor_code', 'integer') }} as risk_debtor_class_code,
        {{ tag_value(debtor, 'debtors.worst_code', 'integer', '0') }} as risk_class_worst_code,
        {{ tag_value(classes, 'debtors.monthly_code', 'integer', '0') }} as risk_class_monthly_code,
        {{ tag_value(classes, 'debtors.class_date', 'date') }} as risk_class_date,
        {{ tag_value(debtor, 'debtors.floored_cnt', 'integer', '0') }} as risk_class_floor_cnt,
        {{ tag_value(debtor, 'debtors.amt_1', 'decimal(18,2)', '0') }} as risk_class1_amt,
        {{ tag_value(debtor, 'debtors.amt_2', 'decimal(18,2)', '0') }} as risk_class2_amt,
        {{ tag_value(debtor, 'debtors.amt_3', 'decimal(18,2)', '0') }} as risk_class3_amt,
        {{ tag_value(debtor, 'debtors.amt_4', 'decimal(18,2)', '0') }} as risk_class4_amt,
        {{ tag_value(debtor, 'debtors.amt_5', 'decimal(18,2)', '0') }} as risk_class5_amt,
        {{ tag_value(debtor, 'debtors.npl_amt', 'decimal(18,2)', '0') }} as risk_npl_amt,
        {{ tag_value(debtor, divided('debtors.npl_amt', 'debtors.amt'), 'decimal(18,4)') }} as risk_npl_ratio,
        {{ tag_value(debtor, 'debtors.debtor_code >= 3', 'boolean', 'false') }} as risk_is_npl,
        {{ tag_value(classes, 'debtors.is_restructured', 'boolean', 'false') }} as risk_is_restructured,
        {{ tag_value(classes, 'class_history.code_bom', 'integer', '0') }} as risk_class_code_bom,
        {{ tag_value(
            classes,
            'case when class_history.code_bom is not null then class_history.code_bom - class_history.code_l12m end',
            'integer'
        ) }}
            as risk_class_chg_l12m,
        {{ tag_value(classes, 'class_history.worst_365d', 'integer', '0') }} as risk_class_worst_code_365d,
        {{ tag_value(classes, 'class_history.npl_date', 'date') }} as risk_npl_first_date
    from spine
    left join debtors on spine.customer_id = debtors.customer_id
    left join class_history on spine.customer_id = class_history.customer_id
)

select * from final

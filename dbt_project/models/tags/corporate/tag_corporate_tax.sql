-- a row is one corporate customer of the spine; its sales, taxes and tax credit, where it authorised the bank to know them
{% set tax = ['ecif_corp', 'ext_tax'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

declarations as (
    select
        tax.*,
        night.biz_date,
        -- Months before that of the business date: 1 is the last complete month.
        date_diff('month', tax.period, night.month_start) as months_ago
    from {{ ref('dwd_company_tax') }} as tax
    cross join night
    where tax.period < night.month_start
),

-- Of the authorisation itself the bank may know that it has lapsed; of the figures it may not.
authorisations as (
    select
        customer_id,
        bool_or(is_authorised) as is_authorised,
        max(auth_to) as auth_to,
        max(auth_to) - max(biz_date) as auth_days
    from declarations
    group by customer_id
),

authorised as (
    select * from declarations where is_authorised
),

sums as (
    select
        customer_id,
        {% for code, months in [('lm', 1), ('l3m', 3), ('l6m', 6), ('l12m', 12)] %}
        sum(case when months_ago <= {{ months }} then vat_sales_amt end) as sales_{{ code }},
        sum(case when months_ago <= {{ months }} then tax_paid_amt end) as paid_{{ code }},
        {% endfor %}
        sum(case when months_ago between 13 and 24 then vat_sales_amt end) as sales_l12m_ly,
        sum(case when months_ago between 13 and 15 then vat_sales_amt end) as sales_l3m_ly,
        sum(case when months_ago between 4 and 6 then vat_sales_amt end) as sales_before,
        sum(case when months_ago between 13 and 24 then tax_paid_amt end) as paid_ly,
        sum(case when year(period) = year(biz_date) then vat_sales_amt end) as sales_ytd,
        sum(case when year(period) = year(biz_date) then tax_paid_amt end) as paid_ytd,
        max(case when months_ago <= 12 then vat_sales_amt end) as sales_max,
        cast(count(case when months_ago <= 12 then 1 end) as integer) as month_cnt,
        cast(count(case when months_ago <= 12 and vat_sales_amt > 0 then 1 end) as integer) as sales_month_cnt,
        cast(count(case when months_ago between 13 and 24 then 1 end) as integer) as month_cnt_ly,
        cast(count(case when months_ago <= 3 then 1 end) as integer) as month_cnt_l3m,
        cast(count(case when months_ago between 4 and 6 then 1 end) as integer) as month_cnt_before,
        cast(count(case when months_ago between 13 and 15 then 1 end) as integer) as month_cnt_l3m_ly,
        max(period) as last_date,
        min(months_ago) - 1 as lag_months
    from authorised
    group by customer_id
),

grades as (
    select customer_id, credit_grade, grade_year
    from authorised
    where credit_grade is not null
    qualify row_number() over (partition by customer_id order by grade_year desc, period desc) = 1
),

ratios as (
    select
        customer_id,
        case
            when month_cnt = 12 and month_cnt_ly = 12 then {{ divided('sales_l12m - sales_l12m_ly', 'sales_l12m_ly') }}
        end as sales_yoy_l12m,
        case
            when month_cnt_l3m = 3 and month_cnt_l3m_ly = 3 then {{ divided('sales_l3m - sales_l3m_ly', 'sales_l3m_ly') }}
        end as sales_yoy_l3m,
        case
            when month_cnt_l3m = 3 and month_cnt_before = 3 then {{ divided('sales_l3m - sales_before', 'sales_before') }}
        end as sales_chg_l3m,
        case
            when month_cnt = 12 and month_cnt_ly = 12 then {{ divided('paid_l12m - paid_ly', 'paid_ly') }}
        end as paid_yoy_l12m,
        {{ divided('paid_l12m', 'sales_l12m') }} as burden,
        {{ divided('sales_max', 'sales_l12m') }} as max_ratio
    from sums
),

final as (
    select
        spine.customer_id,
        {{ tag_value(tax, 'authorisations.is_authorised', 'boolean', 'false') }} as tax_is_authorised,
        {{ tag_value(tax, 'authorisations.auth_days', 'integer') }} as tax_auth_expiry_days,
        {{ tag_value(tax, 'grades.credit_grade', 'varchar') }} as tax_credit_code,
        {{ tag_value(tax, 'grades.grade_year', 'integer') }} as tax_credit_year,
        {{ tag_value(tax, 'sums.sales_lm', 'decimal(18,2)') }} as tax_sales_amt_sum_lm,
        {{ tag_value(tax, 'sums.sales_l3m', 'decimal(18,2)') }} as tax_sales_amt_sum_l3m,
        {{ tag_value(tax, 'sums.sales_l6m', 'decimal(18,2)') }} as tax_sales_amt_sum_l6m,
        {{ tag_value(tax, 'sums.sales_l12m', 'decimal(18,2)') }} as tax_sales_amt_sum_l12m,
        {{ tag_value(tax, 'sums.sales_ytd', 'decimal(18,2)') }} as tax_sales_amt_sum_ytd,
        {{ tag_value(tax, 'sums.paid_l3m', 'decimal(18,2)') }} as tax_paid_amt_sum_l3m,
        {{ tag_value(tax, 'sums.paid_l12m', 'decimal(18,2)') }} as tax_paid_amt_sum_l12m,
        {{ tag_value(tax, 'sums.paid_ytd', 'decimal(18,2)') }} as tax_paid_amt_sum_ytd,
        {{ tag_value(tax, 'ratios.sales_yoy_l12m', 'decimal(18,4)') }} as tax_sales_yoy_l12m,
        {{ tag_value(tax, 'ratios.sales_yoy_l3m', 'decimal(18,4)') }} as tax_sales_yoy_l3m,
        {{ tag_value(tax, 'ratios.sales_chg_l3m', 'decimal(18,4)') }} as tax_sales_chg_ratio_l3m,
        {{ tag_value(tax, 'ratios.paid_yoy_l12m', 'decimal(18,4)') }} as tax_paid_yoy_l12m,
        {{ tag_value(tax, 'ratios.burden', 'decimal(18,4)') }} as tax_burden_ratio_l12m,
        {{ tag_value(tax, 'ratios.max_ratio', 'decimal(18,4)') }} as tax_sales_max_ratio_l12m,
        {{ tag_value(tax, 'sums.month_cnt', 'integer') }} as tax_month_cnt_l12m,
        {{ tag_value(tax, 'sums.sales_month_cnt', 'integer') }} as tax_sales_month_cnt_l12m,
        {{ tag_value(tax, 'sums.last_date', 'date') }} as tax_last_date
    from spine
    left join authorisations on spine.customer_id = authorisations.customer_id
    left join sums on spine.customer_id = sums.customer_id
    left join ratios on spine.customer_id = ratios.customer_id
    left join grades on spine.customer_id = grades.customer_id
)

select * from final

-- a row is one corporate customer of the spine; its exports and imports, where it authorised the bank to know them
{% set cus = ['ecif_corp', 'ext_customs'] %}
{% set both = ['ecif_corp', 'ext_customs', 'ext_tax'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

declarations as (
    select
        customs.*,
        night.biz_date,
        -- Months before that of the business date: 1 is the last complete month.
        date_diff('month', customs.period, night.month_start) as months_ago
    from {{ ref('dwd_company_customs') }} as customs
    cross join night
    where customs.period < night.month_start
),

authorisations as (
    select
        customer_id,
        bool_or(is_authorised) as is_authorised,
        max(auth_to) - max(biz_date) as auth_days
    from declarations
    group by customer_id
),

authorised as (
    select * from declarations where is_authorised
),

sales as (
    select tax.customer_id, sum(tax.vat_sales_amt) as sales_l12m
    from {{ ref('dwd_company_tax') }} as tax
    cross join night
    where
        tax.is_authorised
        and tax.period < night.month_start
        and date_diff('month', tax.period, night.month_start) <= 12
    group by tax.customer_id
),

sums as (
    select
        customer_id,
        {% for side in ['export', 'import'] %}
        sum(case when months_ago <= 12 then {{ side }}_amt end) as {{ side }}_l12m,
        sum(case when months_ago <= 3 then {{ side }}_amt end) as {{ side }}_l3m,
        sum(case when months_ago = 1 then {{ side }}_amt end) as {{ side }}_lm,
        sum(case when year(period) = year(biz_date) then {{ side }}_amt end) as {{ side }}_ytd,
        sum(case when months_ago between 13 and 24 then {{ side }}_amt end) as {{ side }}_ly,
        cast(count(case when months_ago <= 12 and {{ side }}_amt > 0 then 1 end) as integer) as {{ side }}_month_cnt,
        {% endfor %}
        cast(count(case when months_ago <= 12 then 1 end) as integer) as month_cnt,
        cast(count(case when months_ago between 13 and 24 then 1 end) as integer) as month_cnt_ly,
        max(period) as last_date
    from authorised
    group by customer_id
),

levels as (
    select customer_id, credit_level
    from authorised
    where credit_level is not null
    qualify row_number() over (partition by customer_id order by period desc) = 1
),

ratios as (
    select
        sums.customer_id,
        {% for side in ['export', 'import'] %}
        case
            when sums.month_cnt = 12 and sums.month_cnt_ly = 12
                then {{ divided('sums.' ~ side ~ '_l12m - sums.' ~ side ~ '_ly', 'sums.' ~ side ~ '_ly') }}
        end as {{ side }}_yoy,
        {% endfor %}
        {{ divided('sums.export_l12m', 'sums.export_l12m + sums.import_l12m') }} as export_share,
        {{ divided('sums.export_l12m', 'sales.sales_l12m') }} as export_sales
    from sums
    left join sales on sums.customer_id = sales.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(cus, 'authorisations.is_authorised', 'boolean', 'false') }} as cus_is_authorised,
        {{ tag_value(cus, 'authorisations.auth_days', 'integer') }} as cus_auth_expiry_days,
        {{ tag_value(cus, 'levels.credit_level', 'varchar') }} as cus_credit_code,
        {{ tag_value(cus, 'sums.export_l12m', 'decimal(18,2)') }} as cus_export_amt_l12m,
        {{ tag_value(cus, 'sums.export_l3m', 'decimal(18,2)') }} as cus_export_amt_l3m,
        {{ tag_value(cus, 'sums.export_lm', 'decimal(18,2)') }} as cus_export_amt_lm,
        {{ tag_value(cus, 'sums.export_ytd', 'decimal(18,2)') }} as cus_export_amt_ytd,
        {{ tag_value(cus, 'ratios.export_yoy', 'decimal(18,4)') }} as cus_export_yoy_l12m,
        {{ tag_value(cus, 'sums.export_month_cnt', 'integer') }} as cus_export_month_cnt_l12m,
        {{ tag_value(cus, 'sums.import_l12m', 'decimal(18,2)') }} as cus_import_amt_l12m,
        {{ tag_value(cus, 'sums.import_l3m', 'decimal(18,2)') }} as cus_import_amt_l3m,
        {{ tag_value(cus, 'sums.import_lm', 'decimal(18,2)') }} as cus_import_amt_lm,
        {{ tag_value(cus, 'sums.import_ytd', 'decimal(18,2)') }} as cus_import_amt_ytd,
        {{ tag_value(cus, 'ratios.import_yoy', 'decimal(18,4)') }} as cus_import_yoy_l12m,
        {{ tag_value(cus, 'sums.import_month_cnt', 'integer') }} as cus_import_month_cnt_l12m,
        {{ tag_value(cus, 'sums.export_l12m + sums.import_l12m', 'decimal(18,2)') }} as cus_trade_amt_l12m,
        {{ tag_value(cus, 'sums.export_l12m - sums.import_l12m', 'decimal(18,2)') }} as cus_net_export_amt_l12m,
        {{ tag_value(cus, 'ratios.export_share', 'decimal(18,4)') }} as cus_export_ratio_l12m,
        {{ tag_value(both, 'ratios.export_sales', 'decimal(18,4)') }} as cus_export_sales_ratio_l12m,
        {{ tag_value(cus, 'sums.last_date', 'date') }} as cus_last_date
    from spine
    left join authorisations on spine.customer_id = authorisations.customer_id
    left join sums on spine.customer_id = sums.customer_id
    left join ratios on spine.customer_id = ratios.customer_id
    left join levels on spine.customer_id = levels.customer_id
)

select * from final

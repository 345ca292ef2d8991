-- a row is one month of tax declarations of a company of record that authorised the bank to know them
-- A plain table: each delivery replaces all months, and whether a row may be read depends on the business date.
with declarations as (
    select * from {{ ref('stg_ext_tax') }}
),

-- Matched by the unified social credit code: the bank's own writing of it may be wrong, and such a company stays unmatched.
companies as (
    select customer_id, upper(trim(uscc)) as uscc_key from {{ ref('dwd_company') }} where nullif(trim(uscc), '') is not null
),

final as (
    select
        companies.customer_id,
        declarations.period,
        declarations.vat_sales_amt,
        declarations.tax_paid_amt,
        declarations.credit_grade,
        declarations.grade_year,
        declarations.auth_from,
        declarations.auth_to,
        -- A lapsed authorisation ends the right to use what was read under it: whoever reads the figures asks this column.
        {{ biz_date() }} between declarations.auth_from and declarations.auth_to as is_authorised,
        declarations.src_file,
        declarations.src_line
    from declarations
    inner join companies on upper(trim(declarations.uscc)) = companies.uscc_key
)

select * from final

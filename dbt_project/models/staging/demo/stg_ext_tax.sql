-- One row per company and month.
with source as (
    {{ ods_full('ext_tax') }}
),

final as (
    select
        uscc,
        period,
        vat_sales_amt,
        tax_paid_amt,
        credit_grade,
        grade_year,
        auth_no,
        auth_from,
        auth_to,
        src_file,
        src_line
    from source
)

select * from final

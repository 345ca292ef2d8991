-- a row is what one company paid to its people through the bank on one day, by type of pay; failed payments are left out
{{ config(materialized='daily', date_column='acct_date') }}
with pay_details as (
    select *
    from {{ ref('dwd_pay_detail') }}
    where payer_customer_id is not null and result_code = 'ok' and {{ daily_rows('pay_date') }}
),

final as (
    select
        pay_details.payer_customer_id as customer_id,
        pay_details.pay_date as acct_date,
        pay_details.pay_type as type,
        cast(sum(pay_details.amt) as decimal(18, 2)) as amt_sum,
        max(pay_details.amt) as amt_max,
        cast(count(*) as integer) as cnt
    from pay_details
    group by pay_details.payer_customer_id, pay_details.pay_date, pay_details.pay_type
)

select * from final

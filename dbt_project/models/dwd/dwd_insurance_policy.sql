-- a row is one insurance policy that the bank has sold, in force or ended
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_ins_policy') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.policy_no,
        source_rows.prod_id,
        source_rows.kind_code,
        source_rows.pay_mode,
        source_rows.premium_amt,
        source_rows.paid_amt,
        source_rows.cash_value,
        source_rows.effect_date,
        source_rows.next_pay_date,
        source_rows.end_date,
        source_rows.status_code,
        source_rows.lapse_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final

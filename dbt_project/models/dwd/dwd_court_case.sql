-- a row is one case of a public court list whose person is a customer, matched by the number of the identity document
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with cases as (
    select * from {{ ref('stg_ext_court') }}
),

parties as (
    select customer_id, upper(trim(id_no)) as id_key from {{ ref('dwd_party') }} where nullif(trim(id_no), '') is not null
),

-- Cases of people who are no customers end here; a number that two customers share gives a row for each.
final as (
    select
        cases.case_no,
        parties.customer_id,
        cases.role_code,
        cases.kind_code,
        cases.amt,
        cases.filed_date,
        cases.closed_date,
        cases.src_file,
        cases.src_line
    from cases
    inner join parties on upper(trim(cases.id_no)) = parties.id_key
)

select * from final

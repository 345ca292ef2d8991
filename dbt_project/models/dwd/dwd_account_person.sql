-- a row is one person and one deposit account that the person owns or may use
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with persons as (
    select * from {{ ref('stg_core_acct_person') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        persons.acct_no,
        customers.customer_id,
        customers.entity,
        persons.role_code,
        persons.src_file,
        persons.src_line
    from persons
    left join customers on persons.party_id = customers.source_id
)

select * from final

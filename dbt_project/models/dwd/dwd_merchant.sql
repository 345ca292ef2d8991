-- a row is one merchant: an acquiring contract, with the customer who signed it and where its money is settled
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with merchants as (
    select * from {{ ref('stg_mer_info') }}
),

xref as (
    {{ customers_of('merchant') }}
),

owners as (
    {{ customers_of('ecif') }}
),

companies as (
    select customer_id, mng_org from {{ ref('dwd_company') }}
),

persons as (
    select party_id, mng_org from {{ ref('stg_ecif_retail') }}
),

final as (
    select
        xref.customer_id,
        merchants.mer_no,
        merchants.status_code,
        merchants.mer_name,
        owners.customer_id as owner_customer_id,
        owners.entity as owner_entity_code,
        -- The branch that looks after the owner looks after the merchant: the contract names none.
        coalesce(companies.mng_org, persons.mng_org) as mng_org,
        merchants.mcc,
        merchants.kind_code,
        merchants.region_code,
        merchants.settle_acct_no,
        merchants.settle_bank,
        merchants.fee_rate,
        merchants.cycle_code,
        merchants.start_date,
        merchants.end_date,
        merchants.src_file,
        merchants.src_line
    from merchants
    inner join xref on merchants.mer_no = xref.source_id
    left join owners on merchants.owner_ecif_no = owners.source_id
    left join companies on owners.customer_id = companies.customer_id
    left join persons on merchants.owner_ecif_no = persons.party_id
)

select * from final

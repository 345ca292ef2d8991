-- a row is one company of record: what the customer file says of it
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with companies as (
    select * from {{ ref('stg_ecif_corp') }}
),

xref as (
    {{ customers_of('ecif') }}
),

final as (
    select
        xref.customer_id,
        companies.status_code,
        companies.cust_name,
        companies.uscc,
        companies.corp_type as corp_type_code,
        companies.industry_code,
        companies.size_code,
        companies.staff_cnt,
        companies.reg_capital,
        companies.found_date,
        companies.legal_rep_name,
        companies.open_date,
        companies.open_org,
        companies.mng_org,
        companies.kyc_next_date,
        companies.group_id,
        companies.src_file,
        companies.src_line
    from companies
    inner join xref on companies.party_id = xref.source_id
)

select * from final

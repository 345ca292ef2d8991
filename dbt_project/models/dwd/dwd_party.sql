-- a row is one party of record of any entity: who the customer is, from the bank's customer file and its merchant contracts
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with ecif_parties as (
    select * from {{ ref('stg_ecif_retail') }}
),

companies as (
    select * from {{ ref('dwd_company') }}
),

merchants as (
    select * from {{ ref('dwd_merchant') }}
),

xref as (
    select source_id, entity, customer_id from {{ ref('dwd_party_xref') }} where source_system = 'ecif'
),

persons as (
    select
        xref.customer_id,
        xref.entity,
        ecif_parties.status_code,
        ecif_parties.cust_name,
        {{ name_key('ecif_parties.cust_name') }} as name_key,
        ecif_parties.id_type,
        ecif_parties.id_no,
        ecif_parties.id_expiry_date,
        ecif_parties.birth_date,
        ecif_parties.gender_code,
        ecif_parties.nation_code,
        ecif_parties.edu_code,
        ecif_parties.occup_code,
        ecif_parties.marital_code,
        ecif_parties.employer_name,
        ecif_parties.income_band,
        ecif_parties.open_date,
        ecif_parties.open_org,
        ecif_parties.mng_org,
        ecif_parties.is_staff,
        ecif_parties.death_date,
        ecif_parties.src_file,
        ecif_parties.src_line
    from ecif_parties
    inner join xref on ecif_parties.party_id = xref.source_id
),

-- What only a person has (birth date, documents, employer …) is empty for companies and merchants.
final as (
    select * from persons
    union all by name
    select
        customer_id,
        'corporate' as entity,
        status_code,
        cust_name,
        {{ name_key('cust_name') }} as name_key,
        'uscc' as id_type,
        uscc as id_no,
        open_date,
        open_org,
        mng_org,
        src_file,
        src_line
    from companies
    union all by name
    select
        customer_id,
        'merchant' as entity,
        status_code,
        mer_name as cust_name,
        {{ name_key('mer_name') }} as name_key,
        start_date as open_date,
        mng_org,
        src_file,
        src_line
    from merchants
)

select * from final

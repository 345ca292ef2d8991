-- a row is one party of record: who the customer is, from the bank's customer file
with ecif_parties as (
    select * from {{ ref('stg_ecif_retail') }}
),

xref as (
    select source_id, entity, customer_id from {{ ref('dwd_party_xref') }} where source_system = 'ecif'
),

final as (
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
)

select * from final

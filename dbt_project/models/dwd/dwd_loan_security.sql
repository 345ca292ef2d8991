-- a row is one collateral or guarantee behind a loan contract
with source_rows as (
    select * from {{ ref('stg_crd_security') }}
),

contracts as (
    select contract_no, customer_id, entity from {{ ref('dwd_loan_contract') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        contracts.customer_id,
        contracts.entity,
        source_rows.guar_no,
        source_rows.contract_no,
        source_rows.kind_code,
        providers.customer_id as provider_customer_id,
        providers.entity as provider_entity,
        source_rows.value_amt,
        source_rows.appraise_date,
        source_rows.amt as secured_amt,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.rank_no,
        source_rows.status_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join contracts on source_rows.contract_no = contracts.contract_no
    left join customers as providers on source_rows.provider_ecif = providers.source_id
)

select * from final

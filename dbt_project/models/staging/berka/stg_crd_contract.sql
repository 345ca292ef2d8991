-- One row per loan granted by the business date. Status and balances are as of 1998 and are not loaded.
with loans as (
    {{ ods_static('loan', cut='date') }}
),

owners as (
    select account_id, client_id
    from {{ source('ods', 'disp') }}
    where type = 'OWNER'
),

final as (
    select
        loans.loan_id as contract_no,
        cast(null as varchar) as limit_no,
        owners.client_id as party_id,
        cast(null as varchar) as prod_id,
        -- The source does not say what a loan is for.
        'other' as kind_code,
        loans.amount as contract_amt,
        loans.date as from_date,
        cast(loans.date + to_months(loans.duration) as date) as to_date,
        cast(null as varchar) as guar_mode,
        cast(null as varchar) as rate_type,
        cast(null as decimal(9, 4)) as rate,
        cast(null as varchar) as reprice_cycle,
        cast(null as date) as next_reprice_date,
        cast(null as varchar) as purpose_industry,
        cast(null as date) as sign_date,
        loans.src_file,
        loans.src_line
    from loans
    left join owners on loans.account_id = owners.account_id
)

select * from final

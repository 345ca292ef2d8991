-- One row per deposit account opened by the business date.
with accounts as (
    {{ ods_static('account', cut='date') }}
),

owners as (
    select account_id, client_id
    from {{ source('ods', 'disp') }}
    where type = 'OWNER'
),

final as (
    select
        accounts.account_id as acct_no,
        owners.client_id as party_id,
        '1' as class_code,
        cast(null as varchar) as nature_code,
        'BERKA_DEMAND' as prod_id,
        'demand' as kind_code,
        'CZK' as ccy,
        accounts.district_id as open_org,
        accounts.district_id as gl_org,
        cast(null as varchar) as gl_subject,
        accounts.date as open_date,
        cast(null as date) as close_date,
        -- The source closes no account.
        'open' as status_code,
        cast(null as boolean) as is_settle,
        cast(null as date) as last_txn_date,
        accounts.src_file,
        accounts.src_line
    from accounts
    left join owners on accounts.account_id = owners.account_id
)

select * from final

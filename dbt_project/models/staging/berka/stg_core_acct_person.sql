-- One row per account opened by the business date and person who may use it.
with dispositions as (
    {{ ods_static('disp') }}
),

accounts as (
    {{ ods_static('account', cut='date') }}
),

final as (
    select
        dispositions.account_id as acct_no,
        dispositions.client_id as party_id,
        lower(dispositions.type) as role_code,
        dispositions.src_file,
        dispositions.src_line
    from dispositions
    inner join accounts on dispositions.account_id = accounts.account_id
)

select * from final

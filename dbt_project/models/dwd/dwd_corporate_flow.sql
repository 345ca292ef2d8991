-- a row is one leg of a posting on a company's deposit account, with whose the other side is as corporate banking sees it
{{ config(
    materialized='daily', date_column='acct_date', part='customer_id',
    keyed=[
        {'to': 'dwd_company', 'key': 'customer_id', 'reads': ['group_id'], 'by': 'customer_id'},
        {'to': 'dwd_company', 'key': "left(sha256('customer|' || customer_id), 32)", 'reads': ['group_id'], 'by': 'cp_key'},
    ]
) }}
with legs as (
    select * from {{ ref('dwd_transaction') }} where entity = 'corporate' and {{ daily_rows('acct_date', 'customer_id') }}
),

companies as (
    select customer_id, nullif(group_id, '') as group_id from {{ ref('dwd_company') }}
),

matched as (
    select
        legs.*,
        -- Money that moves within a group is no turnover of its members.
        legs.cp_class <> 'own' and coalesce(companies.group_id = cp_companies.group_id, false) as is_group
    from legs
    left join companies on legs.customer_id = companies.customer_id
    left join companies as cp_companies on legs.cp_customer_id = cp_companies.customer_id
),

final as (
    select
        matched.txn_no,
        matched.leg,
        matched.acct_no,
        matched.customer_id,
        matched.acct_date,
        matched.txn_time,
        matched.direction,
        matched.amt,
        matched.ccy,
        matched.channel,
        matched.mode,
        matched.purpose,
        matched.init_code,
        case
            when matched.is_group then 'group'
            when
                matched.cp_class in (
                    'own', 'same_bank_other', 'other_bank_same_name', 'other_bank_other', 'third_pay', 'government', 'cash',
                    'bank_gl'
                )
                then matched.cp_class
            else 'other'
        end as cp,
        not matched.is_group and matched.cp_class not in ('own', 'other_bank_same_name', 'bank_gl') as is_third,
        -- Whoever banks here is one counterparty with all its accounts; others are told apart by bank and account. Only a
        -- digest is kept: names and numbers of counterparties are other people's data.
        case
            when matched.cp_customer_id is not null then left(sha256('customer|' || matched.cp_customer_id), 32)
            when nullif(matched.cp_acct_no, '') is not null
                then left(sha256('account|' || coalesce(matched.cp_bank_code, '') || '|' || matched.cp_acct_no), 32)
        end as cp_key,
        matched.cp_customer_id is not null as is_cp_customer,
        matched.is_self,
        matched.is_reversal,
        matched.is_void,
        matched.src_file,
        matched.src_line
    from matched
)

select * from final

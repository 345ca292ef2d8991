-- a row is the balance of one deposit account at the end of one calendar day
{{ config(
    materialized='daily', date_column='bal_date', part='acct_no', owner='customer_id',
    keyed=[{'to': 'dwd_account', 'key': 'acct_no', 'reads': ['customer_id', 'entity', 'kind_code'], 'by': 'acct_no'}]
) }}
with balances as (
    select * from {{ ref('stg_core_bal') }} where {{ daily_rows('bal_date', 'acct_no') }}
),

accounts as (
    select acct_no, customer_id, entity, kind_code from {{ ref('dwd_account') }}
),

final as (
    select
        balances.acct_no,
        accounts.customer_id,
        accounts.entity,
        balances.bal_date,
        -- Call deposits can be had at short notice, structured ones cannot: the first count as demand, the second as term.
        case
            when accounts.kind_code in ('demand', 'call') then 'demand'
            when accounts.kind_code in ('term', 'structured') then 'term'
            else accounts.kind_code
        end as prod,
        balances.ccy,
        balances.bal,
        balances.frozen_amt,
        balances.src_file,
        balances.src_line
    from balances
    left join accounts on balances.acct_no = accounts.acct_no
)

select * from final

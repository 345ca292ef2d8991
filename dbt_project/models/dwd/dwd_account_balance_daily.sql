-- a row is the balance of one deposit account at the end of one calendar day
{{ config(
    materialized='daily', date_column='bal_date', part='acct_no', owner='customer_id',
    keyed=[{'to': 'dwd_account', 'key': 'acct_no', 'reads': ['customer_id', 'entity', 'kind_code', 'nature_code'], 'by': 'acct_no'}],
    dated=[{'to': 'dwd_fx_rate', 'date': 'rate_date'}]
) }}
with balances as (
    select * from {{ ref('stg_core_bal') }} where {{ daily_rows('bal_date', 'acct_no') }}
),

accounts as (
    select acct_no, customer_id, entity, kind_code, nature_code from {{ ref('dwd_account') }}
),

fx_rates as (
    select ccy, rate_date, rate from {{ ref('dwd_fx_rate') }}
),

-- A currency that is not on the price list is the bank's own.
fx_ccys as (
    select ccy from {{ ref('dwd_fx_ccy') }}
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
        accounts.nature_code,
        balances.ccy,
        -- Valued at the middle rate of the day: a foreign balance without one is unknown.
        case
            when fx_ccys.ccy is null then balances.bal
            else cast(cast(balances.bal as decimal(38, 2)) * fx_rates.rate as decimal(18, 2))
        end as bal,
        case
            when fx_ccys.ccy is null then balances.frozen_amt
            else cast(cast(balances.frozen_amt as decimal(38, 2)) * fx_rates.rate as decimal(18, 2))
        end as frozen_amt,
        balances.bal as bal_orig,
        balances.src_file,
        balances.src_line
    from balances
    left join accounts on balances.acct_no = accounts.acct_no
    left join fx_ccys on balances.ccy = fx_ccys.ccy
    left join fx_rates on balances.ccy = fx_rates.ccy and balances.bal_date = fx_rates.rate_date
)

select * from final

-- a row is what one deposit account has earned by the end of the business date and was not paid yet
-- A plain table: one day's rows of a feed, small beside the balances of all days.
with balances as (
    select * from {{ ref('stg_core_bal') }}
    where bal_date = {{ biz_date() }} and accrued_int <> 0
),

accounts as (
    select acct_no, customer_id, entity, kind_code from {{ ref('dwd_account') }}
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
        accounts.kind_code,
        balances.ccy,
        case
            when fx_ccys.ccy is null then balances.accrued_int
            else cast(cast(balances.accrued_int as decimal(38, 2)) * fx_rates.rate as decimal(18, 2))
        end as accrued_amt,
        balances.src_file,
        balances.src_line
    from balances
    left join accounts on balances.acct_no = accounts.acct_no
    left join fx_ccys on balances.ccy = fx_ccys.ccy
    left join fx_rates on balances.ccy = fx_rates.ccy and balances.bal_date = fx_rates.rate_date
)

select * from final

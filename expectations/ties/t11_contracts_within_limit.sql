-- a row is one amount on one side: left the contracts in force under a limit, right as much of them as the limit allows
with agreed as (
    -- A contract that is over and repaid asks nothing of its limit any more.
    select limits.limit_no, limits.kind_code, limits.amt as limit_amt, sum(contract.contract_amt) as amount
    from warehouse.dwd.loan_contract as contract
    inner join warehouse.dwd.credit_limit as limits on contract.limit_no = limits.limit_no
    where
        limits.status_code = 'live'
        and contract.from_date <= getvariable('biz_date')
        and coalesce(contract.to_date, getvariable('biz_date')) >= getvariable('biz_date')
    group by limits.limit_no, limits.kind_code, limits.amt
)

select 'left' as side, null as gl_org, kind_code as subject, 'CNY' as ccy, limit_no as key, amount
from agreed
union all
select 'right' as side, null as gl_org, kind_code as subject, 'CNY' as ccy, limit_no as key, least(amount, limit_amt) as amount
from agreed

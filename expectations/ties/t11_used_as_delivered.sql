-- a row is one amount on one side: left what is used of a limit as delivered, right as notes and business use it
with limits as (
    select * from warehouse.dwd.credit_limit where status_code = 'live'
),

owed as (
    select contract_no, principal_amt from warehouse.dwd.ledger_note where bal_date = getvariable('biz_date')
),

used as (
    -- Of a revolving limit what is owed is used; of any other what was ever drawn.
    select contract.limit_no, case when limits.is_revolving then owed.principal_amt else contract.contract_amt end as amount
    from warehouse.dwd.loan_contract as contract
    inner join limits on contract.limit_no = limits.limit_no
    left join owed on contract.contract_no = owed.contract_no
    union all
    -- Margin is no exposure, unless the whole limit is for business without any. A commitment uses nothing before it is drawn,
    -- a bill that of the bank that has to pay it.
    select business.limit_no, business.face_amt - case when limits.is_low_risk then 0 else business.margin_amt end as amount
    from warehouse.dwd.off_balance as business
    inner join limits on business.limit_no = limits.limit_no
    where
        business.start_date <= getvariable('biz_date')
        and business.due_date > getvariable('biz_date')
        and business.kind_code not in ('commit', 'discount')
    union all
    -- What members use, their group uses.
    select parent_limit_no as limit_no, used_amt as amount
    from limits
    where parent_limit_no is not null
)

select 'left' as side, null as gl_org, kind_code as subject, 'CNY' as ccy, limit_no as key, used_amt as amount
from limits
union all
select 'right' as side, null as gl_org, limits.kind_code as subject, 'CNY' as ccy, limits.limit_no as key, used.amount
from limits
inner join used on limits.limit_no = used.limit_no

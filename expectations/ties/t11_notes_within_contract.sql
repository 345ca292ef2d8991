-- a row is one amount on one side: left the principal of all notes of a contract, right as much of it as the contract allows
with owed as (
    select
        contract_no, any_value(gl_org) as gl_org, any_value(ccy) as ccy, any_value(gl_subject) as gl_subject, sum(principal_amt) as amount
    from warehouse.dwd.ledger_note
    where bal_date = getvariable('biz_date')
    group by contract_no
)

select 'left' as side, owed.gl_org, owed.gl_subject as subject, owed.ccy, owed.contract_no as key, owed.amount
from owed
union all
select
    'right' as side, owed.gl_org, owed.gl_subject as subject, owed.ccy, owed.contract_no as key,
    least(owed.amount, coalesce(contract.contract_amt, 0)) as amount
from owed
left join warehouse.dwd.loan_contract as contract on owed.contract_no = contract.contract_no

-- a row is one amount on one side: left an account, note or customer that an item of a return counts at a month end, right its figure
with figures as (
    select *
    from warehouse.dwd.regulatory_figure
    where report_date = getvariable('biz_date') and report_date = last_day(report_date)
),

returns as (
    select distinct item_code, report_code from figures
),

notes as (
    select ledger.gl_org, ledger.ccy, note.note_no, note.principal_amt, note.is_inclusive
    from warehouse.dwd.loan_note as note
    left join warehouse.dwd.ledger_note as ledger on note.note_no = ledger.note_no and note.bal_date = ledger.bal_date
    where note.bal_date = getvariable('biz_date')
),

customers as (
    select 'retail_customer' as item_code, customer_id from mart.tags_retail
    union all
    select 'corporate_customer' as item_code, customer_id from mart.tags_corporate
),

-- What tags count: deposits without margin, loans without cards, bills and advances, customers of record.
counted as (
    select 'deposit' as item_code, account.gl_org, balance.ccy as unit_code, balance.acct_no as key, balance.bal_orig as amount
    from warehouse.dwd.account_balance_daily as balance
    left join warehouse.dwd.account as account on balance.acct_no = account.acct_no
    where balance.bal_date = getvariable('biz_date') and balance.prod is distinct from 'margin'
    union all
    select 'loan' as item_code, gl_org, ccy as unit_code, note_no as key, principal_amt as amount
    from notes
    union all
    select 'inclusive_loan' as item_code, gl_org, ccy as unit_code, note_no as key, principal_amt as amount
    from notes
    where is_inclusive
    union all
    select customers.item_code, branch.org_id as gl_org, 'heads' as unit_code, customers.customer_id as key, 1 as amount
    from customers
    left join warehouse.dwd.branch as branch on branch.parent_id is null
)

select
    'left' as side, counted.gl_org, concat_ws(' ', returns.report_code, counted.item_code) as subject, counted.unit_code as ccy,
    counted.key, counted.amount
from counted
left join returns on counted.item_code = returns.item_code
where getvariable('biz_date') = last_day(getvariable('biz_date'))
union all
select 'right' as side, gl_org, report_code || ' ' || item_code as subject, unit_code as ccy, null as key, amt as amount
from figures
where kind_code = 'reported'
union all
select 'explained' as side, gl_org, report_code || ' ' || item_code as subject, unit_code as ccy, reason_code as key, amt as amount
from figures
where kind_code = 'explained'

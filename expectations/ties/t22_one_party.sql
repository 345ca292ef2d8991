-- a row is one amount on one side: left an account, note, card, holding or merchant, right the customers of record that it belongs to
with things as (
    select 'account' as what, acct_no as key, customer_id from warehouse.dwd.account_person where role_code = 'owner'
    union all
    select 'account' as what, acct_no as key, null as customer_id from warehouse.dwd.account
    where acct_no not in (select owner.acct_no from warehouse.dwd.account_person as owner where owner.role_code = 'owner')
    union all
    select 'loan note' as what, note_no as key, customer_id from warehouse.dwd.loan_note where bal_date = getvariable('biz_date')
    union all
    select 'credit card' as what, cc_acct_no as key, customer_id from warehouse.dwd.credit_card where bal_date = getvariable('biz_date')
    union all
    select 'merchant' as what, mer_no as key, customer_id from warehouse.dwd.merchant
)

select distinct 'left' as side, null as gl_org, what as subject, 'parties' as ccy, key, 1 as amount
from things
union all
select 'right' as side, null as gl_org, what as subject, 'parties' as ccy, key, count(distinct customer_id) as amount
from things
group by what, key

-- a row is one amount on one side: left what an account or note contributed in the last month closed, right what its organisation earned
with profit as (
    select *
    from warehouse.dwd.management_profit
    where month_end <= getvariable('biz_date')
    qualify month_end = max(month_end) over ()
),

contributed as (
    select item_no, month_end, net_amt
    from warehouse.dwd.contribution
    where month_end = (select max(profit.month_end) from profit)
)

select
    'left' as side, coalesce(account.gl_org, note.gl_org) as gl_org, strftime(contributed.month_end, '%Y-%m') as subject, 'CNY' as ccy,
    contributed.item_no as key, contributed.net_amt as amount
from contributed
left join warehouse.dwd.account as account on contributed.item_no = account.acct_no
left join warehouse.dwd.ledger_note_org as note on contributed.item_no = note.note_no
union all
select 'right' as side, gl_org, strftime(month_end, '%Y-%m') as subject, ccy, null as key, net_amt as amount
from profit

-- a row is one amount on one side: left what is owed on a credit card account, right the ledger's
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('card') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
)

-- The card system does not say who keeps the books of a card: both sides meet at the level of the bank.
select
    'left' as side, null as gl_org, (select any_value(book.subject) from book) as subject, (select any_value(book.ccy) from book) as ccy,
    cc_acct_no as key, bal as amount
from warehouse.dwd.credit_card
where bal_date = getvariable('biz_date')
union all
select 'right' as side, null as gl_org, subject, ccy, null as key, close_dr - close_cr as amount
from book

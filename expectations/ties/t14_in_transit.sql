-- a row is one amount on one side: left a subscription paid and not confirmed, right the clearing subject of investments
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('invest_clearing') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
)

select
    'left' as side, null as gl_org, (select any_value(book.subject) from book) as subject, (select any_value(book.ccy) from book) as ccy,
    order_no as key, amt as amount
from warehouse.dwd."order"
where
    order_type in ('sub', 'sip')
    and status_code <> 'failed'
    and order_date <= getvariable('biz_date')
    and (confirm_date is null or confirm_date > getvariable('biz_date'))
union all
-- The clearing subject is kept by organisation, orders are not: they meet at the level of the bank.
select 'right' as side, null as gl_org, subject, ccy, null as key, close_cr - close_dr as amount
from book

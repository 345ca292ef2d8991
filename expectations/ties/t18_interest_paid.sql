-- a row is one amount on one side: left interest posted to an account on the day, right what the ledger took off the interest payable
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('interest_payable') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
)

select
    'left' as side, account.gl_org, (select any_value(book.subject) from book) as subject, leg.ccy, leg.acct_no as key,
    case when leg.dc_flag = 'C' then leg.amt else -leg.amt end as amount
from warehouse.dwd.ledger_leg as leg
left join warehouse.dwd.account as account on leg.acct_no = account.acct_no
where leg.purpose_code = 'interest'
union all
select 'right' as side, gl_org, subject, ccy, null as key, turn_dr as amount
from book

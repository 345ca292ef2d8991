-- a row is one amount on one side: left a leg of the day by subject and side, right the ledger's turnover on that side
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('deposit', 'margin') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
)

select
    'left' as side, account.gl_org, leg.gl_subject || ' ' || leg.dc_flag as subject, leg.ccy, leg.acct_no as key, leg.amt as amount
from warehouse.dwd.ledger_leg as leg
-- A posting on nobody's account is in no ledger of ours: gate 1 names it (no_orphans).
inner join warehouse.dwd.account as account on leg.acct_no = account.acct_no
union all
select 'right' as side, gl_org, subject || ' D' as subject, ccy, null as key, turn_dr as amount
from book
union all
select 'right' as side, gl_org, subject || ' C' as subject, ccy, null as key, turn_cr as amount
from book

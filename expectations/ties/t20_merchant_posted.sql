-- a row is one amount on one side: left a net settlement to an account here, right the credit leg that it became
with settled as (
    select *
    from warehouse.dwd.merchant_settlement
    where settle_date = getvariable('biz_date') and core_txn_no is not null and not is_returned
)

select 'left' as side, null as gl_org, 'posted' as subject, 'CNY' as ccy, core_txn_no as key, net_amt as amount
from settled
union all
select 'right' as side, null as gl_org, 'posted' as subject, 'CNY' as ccy, leg.txn_no as key, leg.amt as amount
from warehouse.dwd.ledger_leg as leg
where leg.dc_flag = 'C' and leg.txn_no in (select settled.core_txn_no from settled)

-- a row is one amount on one side: left gross less refunds and fee of a settlement, right its net amount
with settled as (
    select * from warehouse.dwd.merchant_settlement where settle_date = getvariable('biz_date')
)

select 'left' as side, null as gl_org, 'net' as subject, 'CNY' as ccy, settle_no as key, gross_amt - refund_amt - fee_amt as amount
from settled
union all
select 'right' as side, null as gl_org, 'net' as subject, 'CNY' as ccy, settle_no as key, net_amt as amount
from settled

-- a row is one amount on one side: left a payment of a batch that succeeded, right what the employer's account was debited
with details as (
    select * from warehouse.dwd.pay_detail where pay_date = getvariable('biz_date') and result_code = 'ok' and payer_ecif is not null
)

select 'left' as side, null as gl_org, pay_type as subject, 'CNY' as ccy, batch_no as key, amt as amount
from details
union all
select
    'right' as side, null as gl_org, batch.pay_type as subject, leg.ccy, leg.biz_ref as key, leg.amt as amount
from warehouse.dwd.ledger_leg as leg
inner join (select batch_no, any_value(pay_type) as pay_type from details group by batch_no) as batch on leg.biz_ref = batch.batch_no
where leg.dc_flag = 'D'

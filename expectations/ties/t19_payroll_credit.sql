-- a row is one amount on one side: left a payment of a batch that succeeded, right what was credited to accounts for the batch
with details as (
    select * from warehouse.dwd.pay_detail where pay_date = getvariable('biz_date')
)

select
    'left' as side,
    null as gl_org,
    'paid' as subject,
    'CNY' as ccy,
    batch_no as key,
    case when result_code = 'ok' then amt else 0 end as amount
from details
union all
select 'right' as side, null as gl_org, 'paid' as subject, leg.ccy, leg.biz_ref as key, leg.amt as amount
from warehouse.dwd.ledger_leg as leg
where leg.dc_flag = 'C' and leg.purpose_code in ('wage', 'pension') and leg.biz_ref is not null

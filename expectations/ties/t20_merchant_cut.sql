-- a row is one amount on one side: left the gross amount that a merchant is settled, right its sales of the day that is settled
with settled as (
    select settlement.*, getvariable('biz_date') - case when merchant.cycle_code = 'D0' then 0 else 1 end as sales_day
    from warehouse.dwd.merchant_settlement as settlement
    left join warehouse.dwd.merchant as merchant on settlement.mer_no = merchant.mer_no
    where settlement.settle_date = getvariable('biz_date')
)

select 'left' as side, null as gl_org, 'gross' as subject, 'CNY' as ccy, mer_no as key, gross_amt as amount
from settled
union all
select 'right' as side, null as gl_org, 'gross' as subject, 'CNY' as ccy, sale.mer_no as key, sale.amt as amount
from warehouse.dwd.merchant_transaction as sale
inner join settled on sale.mer_no = settled.mer_no and sale.acct_date = settled.sales_day
where sale.is_ok and not sale.is_refund

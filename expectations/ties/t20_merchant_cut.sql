-- a row is one amount on one side: left the gross amount that a merchant is settled, right its sales of the days that are settled
with settle_days as (
    select max(cal_date) as last_day
    from warehouse.dwd.calendar
    where is_settle_day and cal_date < getvariable('biz_date')
),

-- A sale is settled on the settle day that follows: Monday settles Friday to Sunday. That of a D0 merchant on its own day,
-- where it is one: Monday settles Saturday to Monday.
settled as (
    select
        settlement.mer_no,
        settlement.gross_amt,
        settle_days.last_day + cast(merchant.cycle_code = 'D0' as integer) as first_day,
        case when merchant.cycle_code = 'D0' then getvariable('biz_date') else getvariable('biz_date') - 1 end as last_day
    from warehouse.dwd.merchant_settlement as settlement
    left join warehouse.dwd.merchant as merchant on settlement.mer_no = merchant.mer_no
    cross join settle_days
    where settlement.settle_date = getvariable('biz_date')
)

select 'left' as side, null as gl_org, 'gross' as subject, 'CNY' as ccy, mer_no as key, gross_amt as amount
from settled
union all
select 'right' as side, null as gl_org, 'gross' as subject, 'CNY' as ccy, sale.mer_no as key, sale.amt as amount
from warehouse.dwd.merchant_transaction as sale
inner join settled on sale.mer_no = settled.mer_no and sale.acct_date between settled.first_day and settled.last_day
where sale.is_ok and not sale.is_refund

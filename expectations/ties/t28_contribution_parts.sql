-- a row is one amount on one side: left what an account or note contributed in the last month that came, right its parts
with last_month as (
    select *
    from warehouse.dwd.contribution
    where month_end <= getvariable('biz_date')
    qualify month_end = max(month_end) over ()
)

select 'left' as side, null as gl_org, side_code as subject, 'CNY' as ccy, item_no as key, net_amt as amount
from last_month
union all
select
    'right' as side, null as gl_org, side_code as subject, 'CNY' as ccy, item_no as key,
    ftp_amt + fee_amt - cost_amt - provision_amt as amount
from last_month

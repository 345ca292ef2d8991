-- a row is one amount on one side: left the lines of a batch, paid or failed, right the number of its last line
with details as (
    select * from warehouse.dwd.pay_detail where pay_date = getvariable('biz_date')
)

select 'left' as side, null as gl_org, 'heads' as subject, 'lines' as ccy, batch_no as key, count(*) as amount
from details
where result_code in ('ok', 'failed')
group by batch_no
union all
select 'right' as side, null as gl_org, 'heads' as subject, 'lines' as ccy, batch_no as key, max(seq) as amount
from details
group by batch_no

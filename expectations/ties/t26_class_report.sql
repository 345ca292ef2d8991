-- a row is one amount on one side: left the principal of a loan in the class that it was given at this month end, right the report
select 'left' as side, gl_org, 'class ' || class_code as subject, 'CNY' as ccy, note_no as key, principal_amt as amount
from classed_today
where getvariable('biz_date') = last_day(getvariable('biz_date'))
union all
select 'right' as side, gl_org, 'class ' || class_code as subject, ccy, null as key, principal_amt as amount
from warehouse.dwd.class_report
where class_date = getvariable('biz_date')

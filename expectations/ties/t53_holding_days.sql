-- a row is one amount on one side: left a day of the last year that the holdings have, right a day that they must have
select side, null as gl_org, what as subject, 'days' as ccy, day::varchar as key, 1 as amount
from days_there
where what = 'holding'

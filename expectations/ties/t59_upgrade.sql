-- a row is one amount on one side: left the days past due of a note that left the non-performing classes today, right none
select 'left' as side, gl_org, gl_subject as subject, 'days' as ccy, note_no as key, dpd as amount
from classed_today
where prev_class >= 3 and class_code <= 2

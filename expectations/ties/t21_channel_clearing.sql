-- a row is one amount on one side: left a quick-pay leg of the core's days up to the settle day, right what its network cleared on it
-- The last settle day before the business date: what is paid behind the core's day-cut is posted a day later and must be here.
with settle_days as (
    select max(cal_date) as settle_day, min(cal_date) as day_before
    from (
        select cal_date
        from warehouse.dwd.calendar
        where is_settle_day and cal_date < getvariable('biz_date')
        order by cal_date desc
        limit 2
    )
),

cleared as (
    select clearing.*
    from warehouse.dwd.network_clearing as clearing
    inner join settle_days on clearing.settle_date = settle_days.settle_day
),

-- The network says itself which moments are its settle day: rest days, and the evening before by its own day-cut, are in it.
cuts as (
    select network_code, min(from_time) as from_time, max(cut_time) as cut_time
    from cleared
    group by network_code
),

legs as (
    select
        leg.network_code || ' ' || leg.direction as subject, leg.ccy, leg.acct_no as key, leg.amt as amount,
        leg.acct_date > settle_days.day_before and leg.acct_date <= settle_days.settle_day as is_posted,
        leg.txn_time > cuts.from_time and leg.txn_time <= cuts.cut_time as is_cleared
    from warehouse.dwd.quick_pay_leg as leg
    cross join settle_days
    left join cuts on leg.network_code = cuts.network_code
)

select 'left' as side, null as gl_org, subject, ccy, key, amount
from legs
where is_posted
union all
select 'right' as side, null as gl_org, network_code || ' ' || direction as subject, ccy, null as key, amt as amount
from cleared
union all
-- Of a network that has sent nothing no day-cut is known.
select
    'explained' as side, null as gl_org, subject, ccy,
    if(is_posted, 'day-cut: cleared on another settle day', 'day-cut: posted on another day') as key,
    if(is_posted, amount, -amount) as amount
from legs
where is_posted <> is_cleared

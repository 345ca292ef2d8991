-- a row is one amount on one side: left a customer's assets, right those of the day before and what explains the change
select 'left' as side, null as gl_org, 'AUM' as subject, 'CNY' as ccy, bridge.customer_id as key, bridge.amount
from aum_bridge as bridge
where bridge.part = 'after'
union all
-- The first day that was ever delivered has no day before: what there is stands on both sides.
select 'right' as side, null as gl_org, 'AUM' as subject, 'CNY' as ccy, bridge.customer_id as key, bridge.amount
from aum_bridge as bridge
where (bridge.part = 'after') = ((select sum(all_of.amount) from aum_bridge as all_of where all_of.part = 'before') = 0)

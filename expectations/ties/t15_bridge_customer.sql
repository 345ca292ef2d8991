-- a row is one amount on one side: left the assets of a customer with 10,000 or more, right what explains them
with larger as (
    select customer_id
    from aum_bridge
    where part in ('before', 'after')
    group by customer_id
    having max(amount) >= 10000
)

select
    case when bridge.part = 'after' then 'left' else 'right' end as side,
    null as gl_org, 'AUM' as subject, 'CNY' as ccy, bridge.customer_id as key, bridge.amount
from aum_bridge as bridge
inner join larger on bridge.customer_id = larger.customer_id
-- The first day that was ever delivered has no day before.
where (select sum(all_of.amount) from aum_bridge as all_of where all_of.part = 'before') <> 0

-- a row is one account that has no owner, or more than one: its money would count for nobody, or twice
with owners as (
    select acct_no, customer_id from {{ ref('dwd_account_person') }} where role_code = 'owner'
)

select accounts.acct_no, count(owners.customer_id) as owners_of_account
from {{ ref('dwd_account') }} as accounts
left join owners on accounts.acct_no = owners.acct_no
group by accounts.acct_no
having count(owners.customer_id) <> 1

-- a row is one table that knows something of a day after the business date: a night must never see the future
with latest as (
    select 'transaction' as table_name, max(acct_date) as latest_date from {{ ref('dwd_transaction') }}
    union all
    select 'account_balance_daily' as table_name, max(bal_date) as latest_date from {{ ref('dwd_account_balance_daily') }}
    union all
    select 'holding' as table_name, max(hold_date) as latest_date from {{ ref('dwd_holding') }}
    union all
    select 'loan_note' as table_name, max(bal_date) as latest_date from {{ ref('dwd_loan_note') }}
    union all
    select 'credit_card' as table_name, max(bal_date) as latest_date from {{ ref('dwd_credit_card') }}
    union all
    select 'channel_event' as table_name, max(event_date) as latest_date from {{ ref('dwd_channel_event') }}
    union all
    select 'pay_detail' as table_name, max(pay_date) as latest_date from {{ ref('dwd_pay_detail') }}
    union all
    select 'merchant_transaction' as table_name, max(acct_date) as latest_date from {{ ref('dwd_merchant_transaction') }}
    union all
    select 'merchant_settlement' as table_name, max(settle_date) as latest_date from {{ ref('dwd_merchant_settlement') }}
    union all
    select 'account' as table_name, max(open_date) as latest_date from {{ ref('dwd_account') }}
)

select latest.table_name, latest.latest_date
from latest
where latest.latest_date > {{ biz_date() }}

-- a row is one merchant of the spine; where it is settled, how timely, what is pending, and what stays on the account
{% set info = ['mer_info'] %}
{% set settled = ['mer_info', 'mer_settle'] %}
{% set traced = ['mer_info', 'mer_settle', 'core_txn', 'core_acct', 'core_bal'] %}
{% set timed = ['mer_info', 'mer_settle', 'mer_txn'] %}
{% set accounts = ['mer_info', 'core_acct', 'core_bal'] %}
{% set owned = ['mer_info', 'core_acct', 'core_acct_person', 'ecif_retail', 'ecif_corp'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    -- The account of those that settle here alone: as a second condition of a join, all merchants would be compared with all accounts.
    select
        *,
        settle_bank = 'OWN' as is_own,
        case when settle_bank = 'OWN' then settle_acct_no end as own_acct_no
    from {{ ref('dwd_merchant') }}
),

-- The only reading of daily balances: those of settlement accounts here.
balances as (
    select balances.acct_no, balances.bal_date, cast(sum(balances.bal) as decimal(18, 2)) as bal
    from {{ ref('dwd_account_balance_daily') }} as balances
    inner join night on balances.bal_date <= night.biz_date
    where balances.acct_no in (select merchants.own_acct_no from merchants where merchants.is_own)
    group by balances.acct_no, balances.bal_date
),

account_sums as (
    select
        balances.acct_no,
        sum(case when balances.bal_date = night.biz_date then balances.bal else 0 end) as bal,
        sum(case when balances.bal_date = night.month_start - 1 then balances.bal else 0 end) as bal_bom,
        sum(case when balances.bal_date = night.biz_date - 30 then balances.bal else 0 end) as bal_30d,
        sum(case when balances.bal_date > night.biz_date - 30 then balances.bal else 0 end) as sum_30d,
        sum(case
            when balances.bal_date >= night.month_start - interval 1 month and balances.bal_date < night.month_start
                then balances.bal else 0
        end) as sum_lm,
        max(night.month_start - cast(night.month_start - interval 1 month as date)) as days_lm
    from balances
    cross join night
    group by balances.acct_no
),

account_means as (
    select
        acct_no,
        {{ divided('sum_30d', '30', 2) }} as davg_30d,
        {{ divided('sum_lm', 'days_lm', 2) }} as davg_lm
    from account_sums
),

account_uses as (
    select own_acct_no as acct_no, count(*) as mer_cnt from merchants where is_own group by own_acct_no
),

settlements as (
    select settlements.*, night.biz_date, night.biz_date - settlements.settle_date as days_ago
    from {{ ref('dwd_merchant_settlement') }} as settlements
    inner join night on settlements.settle_date <= night.biz_date
),

-- What a settlement left: the lowest rise over the day before, from its day to seven days later, at most all of it.
kept as (
    select
        settlements.customer_id,
        settlements.settle_no,
        settlements.net_amt,
        least(settlements.net_amt, greatest(0, min(later.bal) - max(before.bal))) as kept_amt
    from settlements
    inner join balances as before
        on settlements.leg_acct_no = before.acct_no and before.bal_date = settlements.settle_date - 1
    inner join balances as later
        on
            settlements.leg_acct_no = later.acct_no
            and later.bal_date >= settlements.settle_date and later.bal_date <= settlements.settle_date + 7
    where
        settlements.days_ago >= 7 and settlements.days_ago < 90
        and not settlements.is_returned and settlements.net_amt > 0
    group by settlements.customer_id, settlements.settle_no, settlements.net_amt
    having count(*) = 8
),

stays as (
    select customer_id, {{ divided('sum(share)', 'count(*)') }} as stay_ratio
    from (select customer_id, cast({{ divided('kept_amt', 'net_amt', 6) }} as decimal(18, 6)) as share from kept)
    group by customer_id
),

settle_sums as (
    select
        customer_id,
        max(case when not is_returned then settle_date end) as last_date,
        max(biz_date) - max(case when not is_returned then settle_date end) as idle_days,
        count(case when is_returned and days_ago < 90 then 1 end) as returned_cnt_90d,
        sum(case when is_returned and days_ago < 90 then net_amt else 0 end) as returned_amt_90d,
        sum(case when not is_returned and days_ago < 90 then net_amt else 0 end) as amt_90d,
        sum(case when not is_returned and days_ago < 90 and dest = 'own' then net_amt else 0 end) as own_90d,
        sum(case when not is_returned and days_ago < 90 then fee_amt else 0 end) as fee_90d,
        count(case when not is_returned and days_ago < 90 then 1 end) as cnt_90d
    from settlements
    group by customer_id
),

-- The day on which sales are due: the next day on which the payment system settles; for D0 their own, where it is one.
settle_days as (
    select cal_date, lead(cal_date) over (order by cal_date) as next_date
    from {{ ref('calendar_day') }}
    where is_settle_day
),

due_days as (
    select
        sales_daily.customer_id,
        case
            when merchants.cycle_code = 'D0' and settle_days.cal_date = sales_daily.acct_date then sales_daily.acct_date
            else settle_days.next_date
        end as due_date,
        sum(sales_daily.amt_sum - sales_daily.fee_amt) as amt
    from {{ ref('dws_merchant_transaction_daily') }} as sales_daily
    inner join night on sales_daily.acct_date <= night.biz_date and sales_daily.acct_date > night.biz_date - 120
    inner join merchants on sales_daily.customer_id = merchants.customer_id
    asof left join settle_days on sales_daily.acct_date >= settle_days.cal_date
    group by sales_daily.customer_id, due_date
),

paid_days as (
    select distinct customer_id, settle_date from settlements where not is_returned
),

punctuality as (
    select
        due_days.customer_id,
        sum(case when due_days.due_date > night.biz_date then due_days.amt else 0 end) as pending_amt,
        count(case when due_days.amt > 0 and due_days.due_date <= night.biz_date and due_days.due_date > night.biz_date - 90
            then 1 end) as due_cnt,
        count(case when due_days.amt > 0 and due_days.due_date <= night.biz_date and due_days.due_date > night.biz_date - 90
            then paid_days.settle_date end) as paid_cnt
    from due_days
    cross join night
    left join paid_days on due_days.customer_id = paid_days.customer_id and due_days.due_date = paid_days.settle_date
    group by due_days.customer_id
),

deposit_accounts as (
    select acct_no, customer_id from {{ ref('dwd_account') }}
),

final as (
    select
        spine.customer_id,
        {{ tag_value(info, 'merchants.is_own', 'boolean') }} as mer_settle_is_own,
        {{ tag_value(info, 'merchants.settle_bank', 'varchar') }} as mer_settle_bank_code,
        {{ tag_value(owned, 'case when merchants.is_own then deposit_accounts.customer_id = merchants.owner_customer_id end', 'boolean') }}
            as mer_settle_is_owner_acct,
        {{ tag_value(info, 'account_uses.mer_cnt', 'integer') }} as mer_settle_acct_mer_cnt,
        {{ tag_value(traced, 'case when merchants.is_own then stays.stay_ratio end', 'decimal(18,4)') }}
            as mer_settle_stay_ratio_7d,
        {{ tag_value(timed, 'greatest(0, punctuality.pending_amt)', 'decimal(18,2)', '0') }}
            as mer_settle_pending_amt,
        {{ tag_value(timed, divided('punctuality.paid_cnt', 'punctuality.due_cnt'), 'decimal(18,4)') }}
            as mer_settle_ontime_ratio_90d,
        {{ tag_value(settled, 'settle_sums.last_date', 'date') }} as mer_settle_last_date,
        {{ tag_value(settled, 'settle_sums.idle_days', 'integer') }} as mer_settle_idle_days,
        {{ tag_value(settled, 'settle_sums.returned_cnt_90d', 'integer', '0') }} as mer_settle_returned_cnt_90d,
        {{ tag_value(settled, 'settle_sums.returned_amt_90d', 'decimal(18,2)', '0') }}
            as mer_settle_returned_amt_sum_90d,
        {{ tag_value(settled, divided('settle_sums.own_90d', 'settle_sums.amt_90d'), 'decimal(18,4)') }}
            as mer_settle_own_ratio_90d,
        {{ tag_value(settled, divided('settle_sums.amt_90d', 'settle_sums.cnt_90d', 2), 'decimal(18,2)') }}
            as mer_settle_amt_mean_90d,
        {{ tag_value(accounts, 'case when merchants.is_own then coalesce(account_sums.bal, 0) end', 'decimal(18,2)') }}
            as mer_settle_acct_bal,
        {{ tag_value(accounts, 'case when merchants.is_own then coalesce(account_sums.bal_bom, 0) end', 'decimal(18,2)') }}
            as mer_settle_acct_bal_bom,
        {{ tag_value(accounts, 'case when merchants.is_own then coalesce(account_sums.bal - account_sums.bal_30d, 0) end',
            'decimal(18,2)') }}
            as mer_settle_acct_chg_30d,
        {{ tag_value(accounts, 'case when merchants.is_own then coalesce(account_means.davg_30d, 0) end', 'decimal(18,2)') }}
            as mer_settle_acct_davg_30d,
        {{ tag_value(accounts, 'case when merchants.is_own then coalesce(account_means.davg_lm, 0) end', 'decimal(18,2)') }}
            as mer_settle_acct_davg_lm
    from spine
    inner join merchants on spine.customer_id = merchants.customer_id
    left join deposit_accounts on merchants.own_acct_no = deposit_accounts.acct_no
    left join account_uses on merchants.own_acct_no = account_uses.acct_no
    left join account_sums on merchants.own_acct_no = account_sums.acct_no
    left join account_means on merchants.own_acct_no = account_means.acct_no
    left join stays on spine.customer_id = stays.customer_id
    left join settle_sums on spine.customer_id = settle_sums.customer_id
    left join punctuality on spine.customer_id = punctuality.customer_id
)

select * from final

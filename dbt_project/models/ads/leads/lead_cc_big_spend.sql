-- a row is one large card spend of a retail customer that was posted on the day and may still be paid by instalments
with night as (
    {{ night_dates() }}
),

-- What is built, sold wholesale, owed to the state or played for is not paid by instalments.
excluded as (
    select distinct mcc.mcc
    from {{ ref('mcc') }} as mcc
    inner join {{ ref('mcc_excluded') }} as mcc_excluded
        on mcc.class_code = mcc_excluded.class_code or mcc.mcc = mcc_excluded.mcc
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('mcc_excluded') }}
),

cards as (
    select
        cards.cc_acct_no,
        night.biz_date,
        -- The day of the month on which the statement is made; 31 is the last.
        case
            when day(night.biz_date) < least(cards.stmt_day, day(last_day(night.biz_date)))
                then date_trunc('month', night.biz_date) + to_days(least(cards.stmt_day, day(last_day(night.biz_date))) - 1)
            else
                date_trunc('month', night.biz_date) + interval 1 month
                + to_days(least(cards.stmt_day, day(last_day(night.biz_date + interval 1 month))) - 1)
        end as stmt_date,
        day(night.biz_date) = least(cards.stmt_day, day(last_day(night.biz_date))) as is_stmt_day
    from {{ ref('dwd_credit_card') }} as cards
    inner join night on cards.bal_date = night.biz_date
),

spends as (
    select transactions.*, night.biz_date
    from {{ ref('dwd_credit_card_transaction') }} as transactions
    inner join night
        on
            transactions.acct_date >= night.biz_date - cast({{ lead_threshold('spend_days') }} as integer)
            and transactions.acct_date <= night.biz_date
    where transactions.kind_code = 'spend' and transactions.amt > 0
),

usual as (
    select customer_id, sum(amt) as amt, count(*) as spend_cnt
    from spends
    where acct_date < biz_date
    group by customer_id
),

final as (
    select
        spends.customer_id,
        'main' as variant_code,
        {{ evidence_key('cctxn', 'spends.txn_no') }} as dedupe_part,
        spends.acct_date as evidence_from,
        spends.acct_date as evidence_to,
        {{ evidence_key('cctxn', 'spends.txn_no') }} as evidence_keys,
        1 as evidence_cnt,
        spends.amt,
        cast(cards.stmt_date as date) as expiry_date
    from spends
    inner join cards on spends.cc_acct_no = cards.cc_acct_no and not cards.is_stmt_day
    left join usual on spends.customer_id = usual.customer_id
    left join excluded on spends.mcc = excluded.mcc
    where
        spends.acct_date = spends.biz_date
        and not coalesce(spends.is_instal, false)
        and excluded.mcc is null
        and spends.amt >= {{ lead_threshold('spend_min_amt') }}
        and coalesce(spends.amt * usual.spend_cnt >= {{ lead_threshold('spend_times') }} * usual.amt, true)
)

select * from final

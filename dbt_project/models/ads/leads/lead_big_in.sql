-- a row is one retail customer into whose accounts a large sum came on the day, of which at least half is still in the bank
with night as (
    {{ night_dates() }}
),

lines as (
    {{ lead_lines() }}
),

movements as (
    select transactions.*, night.biz_date
    from {{ ref('dwd_transaction') }} as transactions
    inner join night
        on
            transactions.acct_date >= night.biz_date - cast({{ lead_threshold('usual_days') }} as integer)
            and transactions.acct_date <= night.biz_date
    where
        transactions.entity = 'retail' and transactions.cp_class <> 'own' and not transactions.is_void
        and not transactions.is_reversal
),

-- The movement below which so large a part of them stays; the share is a dated number, which quantile_disc does not take.
usual as (
    select
        customer_id,
        count(*) as movement_cnt,
        list_sort(list(amt))[cast(greatest(1, ceil({{ lead_threshold('usual_ratio') }} * count(*))) as integer)] as high_amt
    from movements
    where acct_date < biz_date
    group by customer_id
),

-- What a loan pays out or a product pays back is the bank's own money coming round.
came as (
    select
        customer_id,
        max(biz_date) as biz_date,
        sum(amt) as amt,
        count(*) as leg_cnt,
        {{ evidence_keys('txn', "txn_no || '|' || leg") }} as keys
    from movements
    where acct_date = biz_date and direction = 'in' and init_code in ('C', 'P') and purpose not in ('loan', 'invest')
    group by customer_id
),

went as (
    select customer_id, sum(amt) as amt
    from movements
    where acct_date = biz_date and direction = 'out'
    group by customer_id
),

final as (
    select
        came.customer_id,
        'main' as variant_code,
        '' as dedupe_part,
        came.biz_date as evidence_from,
        came.biz_date as evidence_to,
        came.keys as evidence_keys,
        cast(came.leg_cnt as integer) as evidence_cnt,
        cast(came.amt as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from came
    inner join lines on came.customer_id = lines.customer_id
    left join usual on came.customer_id = usual.customer_id
    left join went on came.customer_id = went.customer_id
    where
        came.amt >= lines.line_amt
        and (
            coalesce(usual.movement_cnt, 0) < {{ lead_threshold('usual_min_cnt') }}
            or came.amt >= {{ lead_threshold('usual_times') }} * usual.high_amt
        )
        and came.amt - coalesce(went.amt, 0) >= {{ lead_threshold('in_stay_ratio') }} * came.amt
)

select * from final

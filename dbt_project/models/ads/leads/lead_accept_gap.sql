-- a row is one acceptance or instalment of a company that falls due within the longest horizon and for which the money is not there
with night as (
    {{ night_dates() }}
),

horizons as (
    select unnest([
        cast({{ lead_threshold('gap_far_days') }} as integer),
        cast({{ lead_threshold('gap_mid_days') }} as integer),
        cast({{ lead_threshold('gap_near_days') }} as integer)
    ]) as days
),

bills as (
    select
        bills.customer_id,
        'bill' as kind,
        bills.biz_no as item_no,
        bills.due_date,
        bills.face_amt - bills.margin_amt as amt,
        bills.due_date - night.biz_date as due_days
    from {{ ref('dwd_off_balance') }} as bills
    inner join night on bills.start_date <= night.biz_date
    where bills.entity = 'corporate' and bills.kind_code = 'accept' and bills.status_code = 'live'
),

notes as (
    select notes.note_no, notes.customer_id
    from {{ ref('dwd_loan_note') }} as notes
    inner join night on notes.bal_date = night.biz_date
    where notes.entity = 'corporate'
),

instalments as (
    select
        notes.customer_id,
        'note' as kind,
        notes.note_no || '|' || schedules.term_no as item_no,
        schedules.due_date,
        schedules.prin_amt - coalesce(schedules.paid_prin_amt, 0) as amt,
        schedules.due_date - night.biz_date as due_days
    from {{ ref('dwd_loan_schedule') }} as schedules
    inner join notes on schedules.note_no = notes.note_no
    cross join night
),

items as (
    select * from bills
    where due_days between 1 and (select max(horizons.days) from horizons)
    union all
    select * from instalments
    where due_days between 1 and (select max(horizons.days) from horizons) and amt > 0
),

balances as (
    select
        balances.customer_id,
        sum(case when balances.bal_date = night.biz_date then balances.bal - coalesce(balances.frozen_amt, 0) else 0 end) as free_amt,
        sum(case when balances.bal_date < night.biz_date then balances.bal - coalesce(balances.frozen_amt, 0) end) as free_before
    from {{ ref('dwd_account_balance_daily') }} as balances
    inner join night on balances.bal_date >= night.biz_date - 1 and balances.bal_date <= night.biz_date
    where balances.entity = 'corporate' and balances.prod = 'demand'
    group by balances.customer_id
),

-- What an item lacks is what all of its kind lack that are due within its horizon: the shortest that it is in.
own_horizons as (
    select items.customer_id, items.kind, items.item_no, min(horizons.days) as days
    from items
    inner join horizons on items.due_days <= horizons.days
    group by items.customer_id, items.kind, items.item_no
),

sums as (
    select own_horizons.customer_id, own_horizons.kind, own_horizons.item_no, sum(others.amt) as amt
    from own_horizons
    inner join items as others
        on
            own_horizons.customer_id = others.customer_id and own_horizons.kind = others.kind
            and others.due_days <= own_horizons.days
    group by own_horizons.customer_id, own_horizons.kind, own_horizons.item_no
),

gaps as (
    select
        items.*,
        sums.amt - coalesce(balances.free_amt, 0) as gap_amt,
        sums.amt - coalesce(balances.free_before, balances.free_amt, 0) as gap_before
    from items
    inner join sums
        on items.customer_id = sums.customer_id and items.kind = sums.kind and items.item_no = sums.item_no
    left join balances on items.customer_id = balances.customer_id
),

-- The warning is of the day on which a horizon is reached, or on which the money went away.
final as (
    select
        gaps.customer_id,
        case gaps.kind when 'bill' then 'main' else 'loan' end as variant_code,
        case gaps.kind
            when 'bill' then {{ evidence_key('bill', 'gaps.item_no') }} else {{ evidence_key('note', 'gaps.item_no') }}
        end as dedupe_part,
        night.biz_date as evidence_from,
        night.biz_date as evidence_to,
        case gaps.kind
            when 'bill' then {{ evidence_key('bill', 'gaps.item_no') }} else {{ evidence_key('note', 'gaps.item_no') }}
        end as evidence_keys,
        1 as evidence_cnt,
        cast(gaps.gap_amt as decimal(18, 2)) as amt,
        gaps.due_date as expiry_date
    from gaps
    cross join night
    where gaps.gap_amt > 0 and (gaps.due_days in (select horizons.days from horizons) or gaps.gap_before <= 0)
)

select * from final

-- a row is one company that owes the bank, or may come to, at the business date: its credit exposure by part
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with night as (
    {{ night_dates() }}
),

loans as (
    select notes.customer_id, notes.principal_amt as loan_amt, 0 as obs_amt, 0 as adv_amt
    from {{ ref('dwd_loan_note') }} as notes
    inner join night on notes.bal_date = night.biz_date
    where notes.entity = 'corporate'
),

-- A discounted bill is the debt of the bank that accepted it, and an undrawn commitment none yet.
off_balance as (
    select
        off_balance.customer_id,
        0 as loan_amt,
        case
            when off_balance.status_code = 'live' and off_balance.kind_code in ('accept', 'guarantee', 'lc')
                then greatest(0, off_balance.face_amt - off_balance.margin_amt)
            else 0
        end as obs_amt,
        off_balance.adv_amt
    from {{ ref('dwd_off_balance') }} as off_balance
    inner join night on off_balance.start_date <= night.biz_date
    where off_balance.entity = 'corporate'
),

parts as (
    select * from loans
    union all
    select * from off_balance
),

final as (
    select
        parts.customer_id,
        cast(sum(parts.loan_amt) as decimal(18, 2)) as loan_amt,
        cast(sum(parts.obs_amt) as decimal(18, 2)) as obs_amt,
        cast(sum(parts.adv_amt) as decimal(18, 2)) as adv_amt,
        cast(sum(parts.loan_amt + parts.obs_amt + parts.adv_amt) as decimal(18, 2)) as exposure_amt
    from parts
    group by parts.customer_id
)

select * from final

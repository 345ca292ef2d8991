-- One row per account and calendar day, from its first posting to the business date.
with postings as (
    {{ ods_static('trans', cut='date') }}
),

sums as (
    select
        account_id,
        date,
        sum(case when type = 'PRIJEM' then amount else -amount end) as net_amt
    from postings
    group by account_id, date
),

running as (
    select
        account_id,
        date,
        sum(net_amt) over (partition by account_id order by date) as running_amt
    from sums
),

-- Neither number nor place in the file says which posting of a day was the last. It is the one whose reported balance is
-- nearest to the running sum; the two differ by less than 1.00, because interest and fees were rounded when published.
closings as (
    select
        postings.account_id,
        postings.date,
        postings.balance,
        postings.src_file,
        postings.src_line
    from postings
    inner join running on postings.account_id = running.account_id and postings.date = running.date
    qualify row_number() over (
        partition by postings.account_id, postings.date
        order by abs(postings.balance - running.running_amt), postings.trans_id
    ) = 1
),

-- A closing balance holds until the day before the next one.
spans as (
    select
        *,
        coalesce(
            lead(date) over (partition by account_id order by date) - 1,
            {{ biz_date() }}
        ) as last_date
    from closings
),

final as (
    select
        account_id as acct_no,
        cast(unnest(generate_series(date, last_date, interval 1 day)) as date) as bal_date,
        'CZK' as ccy,
        balance as bal,
        cast(null as decimal(18, 2)) as frozen_amt,
        cast(null as decimal(18, 2)) as avail_bal,
        cast(null as decimal(18, 2)) as accum,
        cast(null as decimal(18, 2)) as accrued_int,
        cast(null as varchar) as gl_subject,
        cast(null as varchar) as gl_org,
        src_file,
        src_line
    from spans
)

select * from final

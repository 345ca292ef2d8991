-- a row is one kind of loan movement of one company on one day: money drawn, principal repaid, interest paid
-- A plain table: a payment belongs to a note that may be gone by the end of its day, and schedules are states of the business date.
with notes as (
    select distinct note_no, customer_id, start_date from {{ ref('dws_corporate_note_history') }}
),

-- Payments and schedules name the note and not the customer.
repayments as (
    select notes.customer_id, repayments.acct_date, repayments.prin_amt, repayments.int_amt + repayments.penalty_amt as int_amt
    from {{ ref('dwd_loan_repayment') }} as repayments
    inner join notes on repayments.note_no = notes.note_no
),

schedule as (
    select note_no, sum(prin_amt) as drawn_amt from {{ ref('dwd_loan_schedule') }} group by note_no
),

-- What a note was drawn for is the principal of all its instalments: balances of old notes begin in the middle of their life.
movements as (
    select notes.customer_id, notes.start_date as acct_date, 'draw' as flow, schedule.drawn_amt as amt
    from notes
    inner join schedule on notes.note_no = schedule.note_no
    union all
    select customer_id, acct_date, 'prin' as flow, prin_amt as amt from repayments where prin_amt > 0
    union all
    select customer_id, acct_date, 'int' as flow, int_amt as amt from repayments where int_amt > 0
),

final as (
    select
        movements.customer_id,
        movements.acct_date,
        movements.flow,
        cast(sum(movements.amt) as decimal(18, 2)) as amt_sum,
        cast(max(movements.amt) as decimal(18, 2)) as amt_max,
        cast(count(*) as integer) as cnt
    from movements
    group by movements.customer_id, movements.acct_date, movements.flow
)

select * from final

-- a row is a run of days on which one loan note of one company was on the books
{{ config(materialized='history', date_column='acct_date', key=['customer_id', 'note_no'], part='customer_id') }}
with notes as (
    select customer_id, note_no, bal_date, start_date
    from {{ ref('dwd_loan_note') }}
    where entity = 'corporate' and {{ daily_rows('bal_date', 'customer_id') }}
),

final as (
    select
        notes.customer_id,
        notes.bal_date as acct_date,
        notes.note_no,
        notes.start_date
    from notes
)

select * from final

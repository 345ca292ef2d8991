-- a row is one term deposit or large certificate of deposit within an account
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_core_term') }}
),

accounts as (
    select acct_no, customer_id, entity from {{ ref('dwd_account') }}
),

final as (
    select
        source_rows.acct_no,
        accounts.customer_id,
        accounts.entity,
        source_rows.seq,
        source_rows.kind_code,
        source_rows.principal_amt,
        source_rows.rate,
        source_rows.start_date,
        source_rows.due_date,
        source_rows.term_code,
        source_rows.is_auto_roll,
        source_rows.is_pledged,
        source_rows.status_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join accounts on source_rows.acct_no = accounts.acct_no
)

select * from final

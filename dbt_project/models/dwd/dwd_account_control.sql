-- a row is one control on an account: a freeze, a stop of payments and the like (restricted)
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_core_ctrl') }}
),

accounts as (
    select acct_no, customer_id, entity from {{ ref('dwd_account') }}
),

final as (
    select
        source_rows.acct_no,
        accounts.customer_id,
        accounts.entity,
        source_rows.ctrl_no,
        source_rows.ctrl_kind,
        source_rows.by_code,
        source_rows.amt,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join accounts on source_rows.acct_no = accounts.acct_no
)

select * from final

-- a row is what one deposit account gained in 积数 on one day of the current month: its balance, as the core itself counted it
-- A view of one month only: the ledger gate compares day averages with it; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select acct_no, bal_date, ccy, gl_org, accum, src_file, src_line
    from {{ ref('stg_core_bal') }}
    where bal_date between date_trunc('month', {{ biz_date() }}) - interval 1 day and {{ biz_date() }}
),

before as (
    select
        *,
        lag(accum) over (partition by acct_no order by bal_date) as accum_before
    from source_rows
),

final as (
    select
        acct_no,
        bal_date,
        ccy,
        gl_org,
        -- Interest is settled on the 20th of a quarter's last month: the sum begins anew on the 21st.
        cast(
            case
                when accum_before is null or (month(bal_date) % 3 = 0 and day(bal_date) = 21) then accum
                else accum - accum_before
            end as decimal(18, 2)
        ) as gained,
        src_file,
        src_line
    from before
    where bal_date >= date_trunc('month', {{ biz_date() }})
)

select * from final

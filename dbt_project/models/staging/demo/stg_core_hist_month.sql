-- One row per account and complete month before the initial load.
with source as (
    {{ ods_journal('core_hist_month') }}
),

final as (
    select
        acct_no,
        month_end,
        ccy,
        bal,
        davg_bal,
        in_amt,
        in_cnt,
        out_amt,
        out_cnt,
        src_file,
        src_line
    from source
)

select * from final

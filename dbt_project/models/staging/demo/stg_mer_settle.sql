-- One row per settlement to a merchant.
with source as (
    {{ ods_journal('mer_settle') }}
),

final as (
    select
        settle_no,
        mer_no,
        settle_date,
        gross_amt,
        refund_amt,
        fee_amt,
        net_amt,
        core_txn_no,
        status_code,
        src_file,
        src_line
    from source
)

select * from final

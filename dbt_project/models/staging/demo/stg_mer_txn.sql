-- One row per sale or refund at a merchant.
with source as (
    {{ ods_journal('mer_txn') }}
),

final as (
    select
        txn_no,
        mer_no,
        term_sn,
        txn_time,
        acct_date,
        amt,
        pay_kind,
        payer_token,
        status_code,
        orig_txn_no,
        fee,
        src_file,
        src_line
    from source
)

select * from final

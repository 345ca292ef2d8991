-- One row per entry on a credit card account.
with source as (
    {{ ods_journal('cc_txn') }}
),

final as (
    select
        txn_no,
        cc_acct_no,
        ecif_no as party_id,
        acct_date,
        txn_time,
        amt,
        kind_code,
        mcc,
        mer_no,
        channel_code,
        country_code,
        is_instal,
        init_code,
        core_txn_no,
        src_file,
        src_line
    from source
)

select * from final

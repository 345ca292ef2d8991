-- One row per leg of a posting on an account.
with source as (
    {{ ods_journal('core_txn') }}
),

final as (
    select
        txn_no,
        leg,
        acct_no,
        acct_date,
        txn_time,
        dc_flag,
        amt,
        ccy,
        bal_after,
        channel_code,
        summary_code,
        mode_code,
        purpose_code,
        init_code,
        cp_acct_no,
        cp_name,
        cp_bank_code,
        is_reversal,
        orig_txn_no,
        gl_subject,
        biz_ref,
        org_id,
        src_file,
        src_line
    from source
)

select * from final

-- One row per instalment plan of a credit card account.
with source as (
    {{ ods_delta('cc_instal') }}
),

final as (
    select
        plan_no,
        cc_acct_no,
        ecif_no as party_id,
        txn_no,
        principal_amt,
        terms,
        billed_terms,
        left_amt,
        fee_rate,
        start_date,
        status_code,
        src_file,
        src_line
    from source
)

select * from final

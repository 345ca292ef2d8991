-- One row per deposit account.
with source as (
    {{ ods_delta('core_acct') }}
),

final as (
    select
        acct_no,
        ecif_no as party_id,
        class_code,
        nature_code,
        prod_id,
        kind_code,
        ccy,
        open_org,
        gl_org,
        gl_subject,
        open_date,
        close_date,
        status_code,
        is_settle,
        last_txn_date,
        src_file,
        src_line
    from source
)

select * from final

-- One row per debit card.
with source as (
    {{ ods_delta('card_debit') }}
),

final as (
    select
        card_ref,
        acct_no,
        ecif_no as party_id,
        level_code,
        open_date,
        status_code,
        renew_due_month,
        src_file,
        src_line
    from source
)

select * from final

-- One row per insurance policy sold for an insurer.
with source as (
    {{ ods_delta('ins_policy') }}
),

final as (
    select
        policy_no,
        ecif_no as party_id,
        prod_id,
        kind_code,
        pay_mode,
        premium_amt,
        paid_amt,
        cash_value,
        effect_date,
        next_pay_date,
        end_date,
        status_code,
        lapse_date,
        src_file,
        src_line
    from source
)

select * from final

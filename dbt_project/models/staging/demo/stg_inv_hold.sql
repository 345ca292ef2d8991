-- One row per customer, product and day of holding.
-- A full feed whose rows carry their own date: every delivery is kept, as in a journal.
with source as (
    {{ ods_journal('inv_hold') }}
),

final as (
    select
        ecif_no as party_id,
        hold_acct,
        prod_id,
        line_code,
        hold_date,
        units,
        frozen_units,
        price,
        price_date,
        market_amt,
        cost_amt,
        start_date,
        due_date,
        redeem_from_date,
        dividend_mode,
        src_file,
        src_line
    from source
)

select * from final

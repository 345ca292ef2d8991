-- One row per settle day, network and direction of cleared quick payments.
-- A full feed whose rows carry their own date: all deliveries are kept, as in a journal.
with source as (
    {{ ods_journal('pay_clear') }}
),

final as (
    select
        settle_date,
        network_code,
        direction_code,
        ccy,
        from_time,
        cut_time,
        txn_cnt,
        amt,
        src_file,
        src_line
    from source
)

select * from final

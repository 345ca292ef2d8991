-- One row per closed month and organisation of the management accounts.
with source as (
    {{ ods_full('fin_pnl') }}
),

final as (
    select
        month,
        gl_org,
        ccy,
        ftp_income,
        fee_income,
        cost,
        provision,
        net,
        src_file,
        src_line
    from source
)

select * from final

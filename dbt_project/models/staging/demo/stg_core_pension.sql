-- One row per contribution to a personal pension account, or return of one.
with source as (
    {{ ods_journal('core_pension') }}
),

final as (
    select
        contrib_no,
        ecif_no as party_id,
        paid_date,
        amt,
        kind_code,
        src_file,
        src_line
    from source
)

select * from final

-- One row per tie between two parties.
with source as (
    {{ ods_delta('ecif_relation') }}
),

final as (
    select
        from_party,
        from_name,
        to_party,
        rel_code,
        share_ratio,
        from_date,
        to_date,
        source_code,
        src_file,
        src_line
    from source
)

select * from final

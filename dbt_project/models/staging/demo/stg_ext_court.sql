-- One row per court case of a person.
-- The register knows documents, not customers: dwd finds the person.
with source as (
    {{ ods_delta('ext_court') }}
),

final as (
    select
        case_no,
        id_no,
        role_code,
        kind_code,
        amt,
        filed_date,
        closed_date,
        src_file,
        src_line
    from source
)

select * from final

-- a row is one id of a source system and the customer that it stands for; the only place that knows how one becomes the other
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_ids as (
    select 'ecif' as source_system, party_id as source_id, 'retail' as entity, 'R' as letter, src_file, src_line
    from {{ ref('stg_ecif_retail') }}
    union all
    select 'ecif' as source_system, party_id as source_id, 'corporate' as entity, 'C' as letter, src_file, src_line
    from {{ ref('stg_ecif_corp') }}
    union all
    -- A merchant is one acquiring contract; the customer who signed it is a link, not the merchant.
    select 'merchant' as source_system, mer_no as source_id, 'merchant' as entity, 'M' as letter, src_file, src_line
    from {{ ref('stg_mer_info') }}
),

final as (
    select
        source_ids.source_system,
        source_ids.source_id,
        source_ids.entity,
        -- Deterministic from the source key, so that a rerun and the next night say the same; 15 hex digits make a clash
        -- among ten million parties less likely than 1 in 20,000, and the unique test would stop the night.
        source_ids.letter || upper(left(md5(source_ids.source_system || '|' || source_ids.source_id), 15)) as customer_id,
        source_ids.src_file,
        source_ids.src_line
    from source_ids
)

select * from final

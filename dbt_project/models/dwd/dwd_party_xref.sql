-- a row is one id of a source system and the customer that it stands for; the only place that knows how one becomes the other
with ecif_parties as (
    select party_id, 'retail' as entity, 'R' as letter, src_file, src_line from {{ ref('stg_ecif_retail') }}
    union all
    select party_id, 'corporate' as entity, 'C' as letter, src_file, src_line from {{ ref('stg_ecif_corp') }}
),

final as (
    select
        'ecif' as source_system,
        ecif_parties.party_id as source_id,
        ecif_parties.entity,
        -- Deterministic from the source key, so that a rerun and the next night say the same; 15 hex digits make a clash
        -- among ten million parties less likely than 1 in 20,000, and the unique test would stop the night.
        ecif_parties.letter || upper(left(md5('ecif|' || ecif_parties.party_id), 15)) as customer_id,
        ecif_parties.src_file,
        ecif_parties.src_line
    from ecif_parties
)

select * from final

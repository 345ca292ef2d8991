-- a row is one customer number that was merged into another, and when
-- A plain table: the first event of each number counts, whatever its day.
with source_rows as (
    select * from {{ ref('stg_ecif_xref') }}
    where event_code = 'merge' and old_ecif_no is not null
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        merged.customer_id,
        merged.entity,
        survivors.customer_id as into_customer_id,
        source_rows.event_date as merge_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    inner join customers as merged on source_rows.old_ecif_no = merged.source_id
    inner join customers as survivors on source_rows.party_id = survivors.source_id
    -- Every id of a source system that moves says it once more; the first says when.
    qualify row_number() over (partition by merged.customer_id order by source_rows.event_date, source_rows.src_line) = 1
)

select * from final

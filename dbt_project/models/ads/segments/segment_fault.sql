-- One row per segment that failed at the business date and reason: it has no members and no size, and the others are published.
with recursive catalogue as (
    select
        segment_id,
        key
    from {{ ref('segment_catalog') }}
),

uses as (
    select
        segment_id,
        used_name
    from {{ ref('segment_use') }}
    where used_kind = 'segment'
),

own_faults as (
    select
        segment_id,
        reason_code,
        seen
    from {{ ref('segment_own_fault') }}
),

-- a segment that stands on one that failed cannot be known either
faults as (
    select
        segment_id,
        reason_code,
        seen
    from own_faults
    union distinct
    select
        uses.segment_id,
        'lower_failed' as reason_code,
        catalogue.key as seen
    from faults
    inner join catalogue on faults.segment_id = catalogue.segment_id
    inner join uses on catalogue.key = uses.used_name
),

final as (
    select
        segment_id,
        {{ biz_date() }} as biz_date,
        reason_code,
        seen
    from faults
)

select * from final

-- One row per product and day of the registry.
-- A full feed whose rows carry their own date: all deliveries are kept, as in a journal.
with source as (
    {{ ods_journal('inv_ta') }}
),

final as (
    select
        reg_date,
        prod_id,
        units,
        src_file,
        src_line
    from source
)

select * from final

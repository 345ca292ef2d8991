-- a row is the organisation that keeps a loan note in its books, as last said, for notes that were there in the last closed months
-- A view of two closed months and the running one: the ledger gate books contributions of notes by it; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select note_no, bal_date, gl_org, src_file, src_line
    from {{ ref('stg_crd_note') }}
    where bal_date between date_trunc('month', {{ biz_date() }}) - interval 2 month and {{ biz_date() }}
),

final as (
    select
        note_no,
        arg_max(gl_org, bal_date) as gl_org,
        arg_max(src_file, bal_date) as src_file,
        arg_max(src_line, bal_date) as src_line
    from source_rows
    group by note_no
)

select * from final

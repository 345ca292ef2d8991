-- a row is one terminal or code plate of a merchant, bound or unbound
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with terminals as (
    select * from {{ ref('stg_mer_terminal') }}
),

xref as (
    {{ customers_of('merchant') }}
),

final as (
    select
        xref.customer_id,
        terminals.sn,
        terminals.kind_code,
        terminals.region_code,
        terminals.bind_date,
        terminals.unbind_date,
        terminals.src_file,
        terminals.src_line
    from terminals
    inner join xref on terminals.mer_no = xref.source_id
)

select * from final

-- One row per card issued by the business date.
with cards as (
    {{ ods_static('card', cut='issued') }}
),

dispositions as (
    {{ ods_static('disp') }}
),

final as (
    select
        cards.card_id as card_ref,
        dispositions.account_id as acct_no,
        dispositions.client_id as party_id,
        case cards.type when 'classic' then 'std' when 'gold' then 'gold' when 'junior' then 'junior' end as level_code,
        cast(cards.issued as date) as open_date,
        -- The source ends no card.
        'active' as status_code,
        cast(null as varchar) as renew_due_month,
        cards.src_file,
        cards.src_line
    from cards
    left join dispositions on cards.disp_id = dispositions.disp_id
)

select * from final

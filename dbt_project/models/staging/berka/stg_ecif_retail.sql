-- One row per client. The source does not say since when a person is a client, so no client is cut at the business date.
with clients as (
    {{ ods_static('client') }}
),

-- A birth number is YYMMDD, and 50 is added to the month of women; everybody was born in the 20th century.
decoded as (
    select
        *,
        cast(substr(birth_number, 3, 2) as integer) as written_month
    from clients
),

final as (
    select
        client_id as party_id,
        cast(null as varchar) as cust_name,
        cast(null as varchar) as id_type,
        cast(null as varchar) as id_no,
        cast(null as date) as id_expiry_date,
        make_date(
            1900 + cast(substr(birth_number, 1, 2) as integer),
            case when written_month > 50 then written_month - 50 else written_month end,
            cast(substr(birth_number, 5, 2) as integer)
        ) as birth_date,
        case when written_month > 50 then 'F' else 'M' end as gender_code,
        cast(null as varchar) as nation_code,
        cast(null as varchar) as edu_code,
        cast(null as varchar) as occup_code,
        cast(null as varchar) as marital_code,
        cast(null as varchar) as employer_name,
        cast(null as varchar) as income_band,
        'normal' as status_code,
        cast(null as date) as open_date,
        cast(null as varchar) as open_org,
        district_id as mng_org,
        cast(null as boolean) as is_staff,
        cast(null as date) as death_date,
        src_file,
        src_line
    from decoded
)

select * from final

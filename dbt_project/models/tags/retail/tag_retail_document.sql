-- a row is one retail customer of the spine; the identity document, what is consistent with it, and the enquiries about it
{% set ecif = ['ecif_retail'] %}
{% set checks = ['ecif_retail', 'ext_idcheck'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

persons as (
    select parties.*, upper(trim(parties.id_no)) as id_key, night.biz_date
    from {{ ref('dwd_party') }} as parties
    inner join spine on parties.customer_id = spine.customer_id
    cross join night
),

-- Residents and holders of the residence permit (81, 82, 83) have numbers of one form: region, birth date, sequence, check digit.
-- Numbers of 15 digits were given out until 1999: two digits of the year, no check digit.
numbers as (
    select
        customer_id,
        id_key,
        id_type in ('resident', 'permit_hmt') and regexp_full_match(id_key, '[0-9]{17}[0-9X]') as is_18,
        id_type = 'resident' and regexp_full_match(id_key, '[0-9]{15}') as is_15
    from persons
),

digits as (
    select
        numbers.customer_id,
        numbers.is_18,
        numbers.is_15,
        case when numbers.is_18 or numbers.is_15 then substr(numbers.id_key, 1, 2) || '0000' end as province_code,
        case when numbers.is_18 or numbers.is_15 then substr(numbers.id_key, 1, 4) || '00' end as city_code,
        case
            when numbers.is_18 then cast(try_strptime(substr(numbers.id_key, 7, 8), '%Y%m%d') as date)
            when numbers.is_15 then cast(try_strptime('19' || substr(numbers.id_key, 7, 6), '%Y%m%d') as date)
        end as birth_date,
        case
            when cast(
                case when numbers.is_18 then substr(numbers.id_key, 17, 1) when numbers.is_15 then right(numbers.id_key, 1) end as integer
            ) % 2 = 1 then 'M'
            when numbers.is_18 or numbers.is_15 then 'F'
        end as gender_code,
        case when numbers.is_18 then right(numbers.id_key, 1) = substr('10X98765432', 1 + (
            {%- for weight in [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] %}
            cast(substr(numbers.id_key, {{ loop.index }}, 1) as integer) * {{ weight }}{{ ' +' if not loop.last }}
            {%- endfor %}
        ) % 11, 1) end as is_check_digit_right
    from numbers
),

-- One number with two names is a finding for people, not a reason to merge.
shares as (
    select id_type, id_key, count(*) - 1 as other_cnt, count(distinct name_key) > 1 as is_name_conflict
    from persons
    where nullif(id_key, '') is not null
    group by id_type, id_key
),

facts as (
    select
        persons.*,
        persons.id_expiry_date - persons.biz_date as expiry_days,
        nullif(persons.id_key, '') is not null as has_id_no,
        {% for column in ['id_key', 'gender_code', 'nation_code', 'edu_code', 'occup_code', 'marital_code', 'income_band'] -%}
        cast(nullif(trim(persons.{{ column }}), '') is null as integer) +
        {%- endfor %} cast(persons.birth_date is null as integer) as missing_cnt,
        -- Who was born on 29 February has the birthday of common years on 1 March: adding years gives 28 February.
        {% for name, years in [
            ('birthday', 'year(persons.biz_date) - year(persons.birth_date)'),
            ('next_birthday', 'year(persons.biz_date) + 1 - year(persons.birth_date)'),
            ('adult_date', '18'),
        ] %}
        cast(persons.birth_date + to_years({{ years }}) as date)
        + cast(day(persons.birth_date + to_years({{ years }})) <> day(persons.birth_date) as integer)
            as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from persons
),

checks as (
    select identity_checks.*, night.biz_date
    from {{ ref('dwd_identity_check') }} as identity_checks
    inner join night on identity_checks.check_date <= night.biz_date
),

check_sums as (
    select
        customer_id,
        count(*) as cnt,
        count(case when check_date > biz_date - 365 then 1 end) as cnt_365d,
        count(case when result_code <> 'match' then 1 end) as bad_cnt,
        min(check_date) as first_date,
        max(case when result_code = 'match' then check_date end) as match_date
    from checks
    group by customer_id
),

last_checks as (
    select customer_id, check_date, result_code, by_code, biz_date - check_date as days_ago
    from checks
    qualify row_number() over (partition by customer_id order by check_time desc, check_no desc) = 1
),

final as (
    select
        spine.customer_id,
        {{ tag_value(ecif, 'facts.has_id_no', 'boolean') }} as prof_has_id_no,
        {{ tag_value(ecif, 'facts.has_id_no and coalesce(facts.expiry_days >= 0, true)', 'boolean') }} as prof_is_id_valid,
        {{ tag_value(ecif, 'facts.id_expiry_date is not null', 'boolean') }} as prof_is_id_expiry_known,
        {{ tag_value(ecif, 'facts.expiry_days between 0 and 30', 'boolean') }} as prof_is_id_expiring_30d,
        {{ tag_value(ecif, 'facts.expiry_days between 0 and 90', 'boolean') }} as prof_is_id_expiring_90d,
        {{ tag_value(ecif, 'case when facts.expiry_days < 0 then -facts.expiry_days end', 'integer') }} as prof_id_expired_days,
        {{ tag_value(ecif, 'case when digits.is_18 then 18 when digits.is_15 then 15 end', 'integer') }} as prof_id_digit_cnt,
        {{ tag_value(ecif, 'digits.is_15', 'boolean', 'false') }} as prof_is_id_15digit,
        {{ tag_value(ecif, "facts.id_type = 'permit_hmt'", 'boolean') }} as prof_is_permit_hmt,
        {{ tag_value(ecif, "facts.id_type in ('passport', 'foreign_pr')", 'boolean') }} as prof_is_foreign,
        {{ tag_value(ecif, 'digits.is_check_digit_right', 'boolean') }} as prof_is_id_checkdigit_right,
        {{ tag_value(ecif, 'digits.birth_date = facts.birth_date', 'boolean') }} as prof_is_id_birth_same,
        {{ tag_value(ecif, 'digits.gender_code = facts.gender_code', 'boolean') }} as prof_is_id_gender_same,
        {{ tag_value(ecif, 'shares.other_cnt', 'integer', '0') }} as prof_id_share_cnt,
        {{ tag_value(ecif, 'shares.is_name_conflict', 'boolean', 'false') }} as prof_is_id_name_conflict,
        {{ tag_value(ecif, 'digits.province_code', 'varchar') }} as prof_id_province_code,
        {{ tag_value(ecif, 'digits.city_code', 'varchar') }} as prof_id_city_code,
        {{ tag_value(
            ecif,
            "case when facts.nation_code = '01' then 'han' when facts.nation_code is not null then 'minority' end",
            'varchar'
        ) }} as prof_nation_band_code,
        {{ tag_value(ecif, 'facts.birth_date is not null', 'boolean') }} as prof_is_birth_known,
        {{ tag_value(ecif, 'year(facts.birth_date) - year(facts.birth_date) % 10', 'integer') }} as prof_birth_decade,
        {{ tag_value(
            ecif,
            'case when facts.birthday >= facts.biz_date then facts.birthday else facts.next_birthday end - facts.biz_date',
            'integer'
        ) }} as prof_birthday_days,
        {{ tag_value(
            ecif,
            'case when facts.adult_date > facts.biz_date then facts.adult_date - facts.biz_date end',
            'integer'
        ) }} as prof_adult_days,
        {{ tag_value(ecif, 'facts.missing_cnt', 'integer') }} as prof_missing_field_cnt,
        {{ tag_value(ecif, 'facts.missing_cnt = 0', 'boolean') }} as prof_is_file_complete,
        {{ tag_value(checks, 'check_sums.cnt', 'integer', '0') }} as prof_idcheck_cnt_ltd,
        {{ tag_value(checks, 'check_sums.cnt_365d', 'integer', '0') }} as prof_idcheck_cnt_365d,
        {{ tag_value(checks, 'check_sums.first_date', 'date') }} as prof_idcheck_first_date,
        {{ tag_value(checks, 'last_checks.check_date', 'date') }} as prof_idcheck_last_date,
        {{ tag_value(checks, 'last_checks.days_ago', 'integer') }} as prof_idcheck_days,
        {{ tag_value(checks, 'last_checks.result_code', 'varchar') }} as prof_idcheck_last_code,
        {{ tag_value(checks, 'last_checks.by_code', 'varchar') }} as prof_idcheck_last_by_code,
        {{ tag_value(checks, 'check_sums.match_date', 'date') }} as prof_idcheck_match_date,
        {{ tag_value(checks, 'check_sums.bad_cnt', 'integer', '0') }} as prof_idcheck_bad_cnt_ltd
    from spine
    inner join facts on spine.customer_id = facts.customer_id
    inner join digits on spine.customer_id = digits.customer_id
    left join shares on facts.id_type = shares.id_type and facts.id_key = shares.id_key
    left join check_sums on spine.customer_id = check_sums.customer_id
    left join last_checks on spine.customer_id = last_checks.customer_id
)

select * from final

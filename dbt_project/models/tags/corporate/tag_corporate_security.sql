-- a row is one corporate customer of the spine; what secures the loans of a company, and whom the company itself stands in for
{% set securities = ['crd_contract', 'crd_security'] %}
{% set cover = ['crd_contract', 'crd_note', 'crd_security'] %}
{% set capital = ['crd_contract', 'crd_security', 'ecif_corp'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

securities as (
    select
        contracts.customer_id,
        contracts.entity,
        securities.contract_no,
        securities.kind_code,
        securities.customer_id as provider_customer_id,
        securities.entity as provider_entity,
        securities.value_amt,
        securities.appraise_date,
        securities.amt as secured_amt,
        securities.to_date,
        night.biz_date,
        securities.kind_code in ('house', 'machinery', 'receivable') as is_collateral
    from {{ ref('dwd_collateral') }} as securities
    inner join {{ ref('dwd_loan_contract') }} as contracts on securities.contract_no = contracts.contract_no
    inner join night
        on securities.from_date <= night.biz_date and (securities.to_date is null or securities.to_date >= night.biz_date)
    where securities.status_code = 'live'
),

loan_notes as (
    select loan_notes.customer_id, loan_notes.contract_no, loan_notes.principal_amt, loan_notes.dpd
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date = night.biz_date
    where loan_notes.entity = 'corporate'
),

received as (
    select
        customer_id,
        count(case when is_collateral then 1 end) as coll_cnt,
        sum(case when is_collateral then value_amt else 0 end) as coll_value,
        sum(case when is_collateral then secured_amt else 0 end) as coll_secured,
        {% for kind in ['house', 'machinery', 'receivable'] %}
        sum(case when kind_code = '{{ kind }}' then value_amt else 0 end) as {{ kind }}_value,
        {% endfor %}
        max(case when is_collateral then biz_date - appraise_date end) as appraise_age,
        max(case when is_collateral then appraise_date end) as last_appraise,
        count(case when is_collateral and biz_date - appraise_date > {{ parameter('appraise_stale_days') }} then 1 end) as stale_cnt,
        sum(case when is_collateral and to_date - biz_date between 0 and 90 then value_amt else 0 end) as expire_90d,
        count(case when kind_code = 'guarantee' then 1 end) as guar_cnt,
        sum(case when kind_code = 'guarantee' then secured_amt else 0 end) as guar_amt,
        count(distinct case when kind_code = 'guarantee' and provider_entity = 'corporate' then provider_customer_id end)
            as guarantor_cnt,
        count(distinct case when kind_code = 'person' then provider_customer_id end) as person_cnt,
        sum(case when kind_code = 'person' then secured_amt else 0 end) as person_amt
    from securities
    where entity = 'corporate'
    group by customer_id
),

contract_values as (
    select
        contract_no,
        count(*) as cnt,
        sum(case when is_collateral then value_amt else 0 end) as coll_value
    from securities
    group by contract_no
),

-- Principal and value are compared contract by contract: collateral of another contract covers nothing of this one.
contract_notes as (
    select customer_id, contract_no, sum(principal_amt) as principal_amt from loan_notes group by customer_id, contract_no
),

covered as (
    select
        contract_notes.customer_id,
        sum(contract_notes.principal_amt) as bal,
        sum(case when contract_values.coll_value > 0 then contract_notes.principal_amt else 0 end) as coll_bal,
        sum(case when contract_values.coll_value > 0 then contract_values.coll_value else 0 end) as coll_value,
        sum(case when contract_values.cnt is null then contract_notes.principal_amt else 0 end) as bare_bal
    from contract_notes
    left join contract_values on contract_notes.contract_no = contract_values.contract_no
    group by contract_notes.customer_id
),

debtor_states as (
    select customer_id, max(dpd) as dpd from loan_notes group by customer_id
),

given_pairs as (
    select provider_customer_id as customer_id, customer_id as debtor_id, count(*) as cnt, sum(secured_amt) as amt
    from securities
    where
        kind_code = 'guarantee'
        and entity = 'corporate'
        and provider_entity = 'corporate'
        and provider_customer_id <> customer_id
    group by provider_customer_id, securities.customer_id
),

given as (
    select
        given_pairs.customer_id,
        sum(given_pairs.cnt) as cnt,
        count(*) as debtor_cnt,
        sum(given_pairs.amt) as amt,
        max(given_pairs.amt) as max_amt,
        sum(case when debtor_states.dpd > 0 then given_pairs.amt else 0 end) as late_amt,
        count(case when debtor_states.dpd > 0 then 1 end) as late_debtor_cnt,
        count(mutual_pairs.customer_id) as mutual_cnt
    from given_pairs
    left join debtor_states on given_pairs.debtor_id = debtor_states.customer_id
    left join given_pairs as mutual_pairs
        on given_pairs.debtor_id = mutual_pairs.customer_id and given_pairs.customer_id = mutual_pairs.debtor_id
    group by given_pairs.customer_id
),

companies as (
    select customer_id, reg_capital from {{ ref('dwd_company') }}
),

final as (
    select
        spine.customer_id,
        {{ tag_value(securities, 'received.coll_cnt', 'integer', '0') }} as crd_coll_cnt,
        {{ tag_value(securities, 'received.coll_value', 'decimal(18,2)', '0') }} as crd_coll_value_amt,
        {{ tag_value(securities, 'received.coll_secured', 'decimal(18,2)', '0') }} as crd_coll_secured_amt,
        {{ tag_value(securities, 'received.house_value', 'decimal(18,2)', '0') }} as crd_coll_house_amt,
        {{ tag_value(securities, 'received.machinery_value', 'decimal(18,2)', '0') }} as crd_coll_machinery_amt,
        {{ tag_value(securities, 'received.receivable_value', 'decimal(18,2)', '0') }} as crd_coll_receivable_amt,
        {{ tag_value(cover, divided('covered.coll_bal', 'covered.coll_value'), 'decimal(18,4)') }} as crd_ltv_ratio,
        {{ tag_value(cover, divided('covered.coll_value', 'covered.bal'), 'decimal(18,4)') }} as crd_coll_cover_ratio,
        {{ tag_value(securities, 'received.appraise_age', 'integer') }} as crd_coll_age_days,
        {{ tag_value(securities, 'received.last_appraise', 'date') }} as crd_coll_appraise_date,
        {{ tag_value(securities, 'received.stale_cnt', 'integer', '0') }} as crd_coll_stale_cnt,
        {{ tag_value(securities, 'received.expire_90d', 'decimal(18,2)', '0') }} as crd_coll_expire_amt_next90d,
        {{ tag_value(cover, 'covered.bare_bal', 'decimal(18,2)', '0') }} as crd_bare_bal,
        {{ tag_value(cover, divided('covered.bare_bal', 'covered.bal'), 'decimal(18,4)') }} as crd_bare_ratio,
        {{ tag_value(securities, 'received.guar_cnt', 'integer', '0') }} as crd_guar_recv_cnt,
        {{ tag_value(securities, 'received.guar_amt', 'decimal(18,2)', '0') }} as crd_guar_recv_amt,
        {{ tag_value(securities, 'received.guarantor_cnt', 'integer', '0') }} as crd_guarantor_cnt,
        {{ tag_value(securities, 'received.person_cnt', 'integer', '0') }} as crd_guar_person_cnt,
        {{ tag_value(securities, 'received.person_amt', 'decimal(18,2)', '0') }} as crd_guar_person_amt,
        {{ tag_value(securities, 'given.cnt', 'integer', '0') }} as crd_guar_given_cnt,
        {{ tag_value(securities, 'given.amt', 'decimal(18,2)', '0') }} as crd_guar_given_amt,
        {{ tag_value(securities, 'given.max_amt', 'decimal(18,2)', '0') }} as crd_guar_given_max_amt,
        {{ tag_value(securities, 'given.debtor_cnt', 'integer', '0') }} as crd_guar_debtor_cnt,
        {{ tag_value(securities, 'given.mutual_cnt', 'integer', '0') }} as crd_guar_mutual_cnt,
        {{ tag_value(cover, 'given.late_amt', 'decimal(18,2)', '0') }} as crd_guar_given_late_amt,
        {{ tag_value(cover, 'given.late_debtor_cnt', 'integer', '0') }} as crd_guar_late_debtor_cnt,
        {{ tag_value(capital, divided('coalesce(given.amt, 0)', 'companies.reg_capital'), 'decimal(18,4)') }}
            as crd_guar_given_ratio
    from spine
    left join received on spine.customer_id = received.customer_id
    left join covered on spine.customer_id = covered.customer_id
    left join given on spine.customer_id = given.customer_id
    left join companies on spine.customer_id = companies.customer_id
)

select * from final

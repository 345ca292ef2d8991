"""Event leads of the business: the words in models/leads, held against their detectors, and what dbt needs of both.

The words of a lead (labels, kind, priority, cool-down, script) are YAML; its trigger is a dbt model with one common shape.
"""

from tagmart.leads.files import Lead, LeadContract, Variant, load_contract, load_leads
from tagmart.leads.writing import feeds_of, generate_leads

__all__ = ["Lead", "LeadContract", "Variant", "feeds_of", "generate_leads", "load_contract", "load_leads"]

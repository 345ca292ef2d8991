"""File faults, planted by name into a finished landing, each with what must become of it."""

from tagmart.synth.faults.catalogue import CATALOGUE
from tagmart.synth.faults.model import Fault, Planted
from tagmart.synth.faults.page import faults_page, faults_table
from tagmart.synth.faults.plant import choose_faults, plant_faults

__all__ = ["CATALOGUE", "Fault", "Planted", "choose_faults", "faults_page", "faults_table", "plant_faults"]

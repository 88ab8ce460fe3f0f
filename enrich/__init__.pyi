from enrich.api import build_predictions as build_predictions
from enrich.api import build_profiles as build_profiles
from enrich.api import open_read_copy as open_read_copy
from enrich.model import Rules as Rules
from enrich.predict import PredictionRules as PredictionRules

__version__: str

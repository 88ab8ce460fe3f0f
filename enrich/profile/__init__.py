"""The pure core: frames in, one profile per customer out."""

from enrich.profile.catalogue import FIELDS, fields
from enrich.profile.contracts import Details, Parts, ProfileInputs, no_history
from enrich.profile.engine import (
    CUSTOMERS_PER_BLOCK,
    ProfileResult,
    build_profiles,
    profile_parts,
    score_parts,
)
from enrich.profile.field import ProfileField
from enrich.profile.scoring import notes
from enrich.profile.segmenting import DaySegments, segments_of_day
from enrich.profile.segments import SEGMENTS, SegmentRow

__all__ = [
    "CUSTOMERS_PER_BLOCK",
    "FIELDS",
    "SEGMENTS",
    "DaySegments",
    "Details",
    "Parts",
    "ProfileField",
    "ProfileInputs",
    "ProfileResult",
    "SegmentRow",
    "build_profiles",
    "fields",
    "no_history",
    "notes",
    "profile_parts",
    "score_parts",
    "segments_of_day",
]

"""The pure core: frames in, one profile per customer out."""

from enrich.profile.build import ProfileResult, build_profiles, notes
from enrich.profile.catalogue import FIELDS
from enrich.profile.contracts import Details, ProfileInputs, no_history
from enrich.profile.field import ProfileField
from enrich.profile.parts import CUSTOMERS_PER_BLOCK, Parts, profile_parts, score_parts
from enrich.profile.segmenting import DaySegments, segments_of_day
from enrich.profile.segments import SEGMENTS, SegmentRow, SegmentTable, parse_segments

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
    "SegmentTable",
    "build_profiles",
    "no_history",
    "notes",
    "parse_segments",
    "profile_parts",
    "score_parts",
    "segments_of_day",
]

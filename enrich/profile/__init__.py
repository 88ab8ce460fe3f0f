"""The pure core: frames in, one profile per customer out."""

from enrich.profile.catalogue import FIELDS, fields, is_field_name
from enrich.profile.contracts import Details, Parts
from enrich.profile.engine import (
    CUSTOMERS_PER_BLOCK,
    Counts,
    ScoredParts,
    counts_of,
    profile_parts,
    score_parts,
    score_some,
    scored_by,
)
from enrich.profile.field import ProfileField
from enrich.profile.scoring import notes
from enrich.profile.segmenting import segments_of_day
from enrich.profile.segments import SEGMENTS, SegmentTable, parse_segments
from enrich.profile.windows import window_names, windows_of

__all__ = [
    "CUSTOMERS_PER_BLOCK",
    "FIELDS",
    "SEGMENTS",
    "Counts",
    "Details",
    "Parts",
    "ProfileField",
    "ScoredParts",
    "SegmentTable",
    "counts_of",
    "fields",
    "is_field_name",
    "notes",
    "parse_segments",
    "profile_parts",
    "score_parts",
    "score_some",
    "scored_by",
    "segments_of_day",
    "window_names",
    "windows_of",
]

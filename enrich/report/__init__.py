"""Pages for people, made from frames: pure, no file, no clock."""

from enrich.report.dashboard import StoreDesk, dashboard_page

__all__ = ["StoreDesk", "dashboard_page"]

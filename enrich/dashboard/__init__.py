"""Pages for people, made from frames: pure, no file, no clock."""

from enrich.dashboard.page import StoreDesk, dashboard_page

__all__ = ["StoreDesk", "dashboard_page"]

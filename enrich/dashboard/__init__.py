"""Pages for people, made from frames: pure, no file, no clock."""

from enrich.dashboard.page import StoreDashboard, dashboard_page

__all__ = ["StoreDashboard", "dashboard_page"]

"""The board as one HTML file that needs nothing else: tables that sort, pictures, and the command that makes each of them again."""

from vmenv.leaderboard.report.page import report

__all__ = ["report"]

"""Policies of shares, one a file: weights from what the last interval has shown."""

from vmenv.share.policies.base import SHARE_POLICIES, SharePolicy, list_share_policies, make_share_policy

__all__ = ["SHARE_POLICIES", "SharePolicy", "list_share_policies", "make_share_policy"]

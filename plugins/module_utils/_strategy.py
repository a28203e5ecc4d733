# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Which stages one rsync must do alone, because the options mean something else side by side. Pure."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan


def alone_because(request: Request) -> str | None:
    """Say why one rsync must do the whole work; None where many can."""
    settings = request.settings
    if settings.on("iconv"):
        return "iconv: names differ between the two ends"
    if settings.on("delay-updates"):
        return "delay_updates: all files go into place together, at the end"
    if settings.on("delete-missing-args"):
        return "delete-missing-args: only rsync's own list knows the names that are missing"
    if request.roots is None:
        return "src: only rsync itself can tell which source a name comes from"
    if settings.on("delete-before") and whole_because(request):
        return f"delete-before: {whole_because(request)}"
    return None


def whole_because(request: Request, plan: Plan | None = None) -> str | None:
    """Say why the user's own rsync must run over the tree after the lanes; None where lists do."""
    settings = request.settings
    if len({row.directory for row in request.roots or ()}) > 1:
        return "src: several sources have no common directory that a list could start from"
    if request.deletes and request.merges_filters:
        return "filter: rules in the tree's own files protect from deletion only in rsync's own walk"
    for name in ("prune-empty-dirs", "files-from", "relative"):
        if request.deletes and settings.on(name):
            return f"delete with {name}: only rsync's own walk knows what is extraneous"
    if settings.on("remove-source-files"):
        return "remove_source_files: nothing is removed before everything has arrived"
    if settings.on("compare-dest"):
        return "compare_dest: what is the same there is removed here, and no dry run says so"
    if settings.on("hard-links"):
        for name in ("checksum", "ignore-times", "link-dest", "copy-dest"):
            if settings.on(name):
                return f"hard_links with {name}: only rsync's own walk sees whole groups"
        if plan is not None and plan.unled:
            return "hard_links: a file of an existing group has changed, so the group must be linked again"
    return None


def lanes_may_fail(request: Request) -> bool:
    """Say whether a lane may fail where rsync alone would not, so that the user's own rsync must decide afterwards.

    Without perms a lane must not open directories to the others; with filters in files it may clear nothing away.
    """
    blocked = request.merges_filters and (request.deletes or request.settings.on("force"))
    return blocked or not request.settings.on("perms", "acls") or whole_because(request) is not None


__all__ = ("alone_because", "lanes_may_fail", "whole_because")

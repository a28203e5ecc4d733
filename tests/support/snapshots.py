# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Snapshots as the action plugin sends them."""

from __future__ import annotations

import typing as t


def lane(number: int, **fields: t.Any) -> dict[str, t.Any]:
    """What a lane does: it carries a photo, unless the fields say otherwise."""
    carried = {"lane": number, "path": "photos/IMG_%04d.CR2" % number, "files": 12, "bytes": 12_300_000, "busy": True}
    return {**carried, **fields}


def message(host: str = "web01", **fields: t.Any) -> dict[str, t.Any]:
    """A run in the midst of its transfer, unless the fields say otherwise."""
    usual = {
        "version": 1,
        "host": host,
        "task": "0242ac11-0002",
        "item": None,
        "stage": "transfer",
        "seconds": 12.5,
        "scanned": True,
        "files": {"done": 18_204, "total": 41_000},
        "bytes": {"done": 12_100_000_000, "total": 28_000_000_000},
        "percent": 43,
        "rate": 512_000_000,
        "eta": 31,
        "deleted": 0,
        "failures": 0,
        "msg": None,
        "lanes": [lane(1), lane(2)],
        "interval": None,
    }
    return {**usual, **fields}


def scanning(host: str = "web01", **fields: t.Any) -> dict[str, t.Any]:
    """A run that has not seen all yet, and has carried nothing."""
    unknown = {"stage": "scan", "scanned": False, "percent": None, "eta": None, "rate": 0, "lanes": []}
    found = {"files": {"done": 0, "total": 18_204}, "bytes": {"done": 0, "total": 12_100_000_000}}
    return message(host, **{**unknown, **found, **fields})

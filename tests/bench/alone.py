# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Run the module's work in a process of its own, without Ansible around it, and say how much memory that took.

Arguments are the module's parameters in JSON and, for check mode, ``check``.

``own_processor_seconds`` are those of this process alone, without its rsyncs.
"""

from __future__ import annotations

import json
import resource
import sys

from ansible_collections.vgreb.jsync.plugins.module_utils._sync import run


def peak_bytes() -> int:
    """The most memory that this process alone had resident, in bytes.

    On Linux ru_maxrss starts from the peak of the parent (exec_mmap() in fs/exec.c), VmHWM from nothing.
    """
    try:
        with open("/proc/self/status") as stream:
            return next(int(line.split()[1]) for line in stream if line.startswith("VmHWM:")) << 10
    except (FileNotFoundError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak << 10


def main() -> int:
    result = run(json.loads(sys.argv[1]), check="check" in sys.argv[2:], diff=False)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = usage.ru_utime + usage.ru_stime
    print(json.dumps({"memory_bytes": peak_bytes(), "own_processor_seconds": seconds, "result": result}))
    return int(result["failed"])


if __name__ == "__main__":
    sys.exit(main())

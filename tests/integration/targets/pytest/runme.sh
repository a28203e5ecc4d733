#!/usr/bin/env bash
# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# All other targets, with the ansible-core and the Python of ansible-test, which runs this in a copy of the target alone.

set -eu
cd "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/vgreb/jsync"
export JSYNC_ANSIBLE=newest PYTHONPATH="$ANSIBLE_COLLECTIONS_PATH"
exec "$ANSIBLE_TEST_PYTHON_INTERPRETER" -m pytest -n "$(($(nproc) + 1))" --dist loadgroup tests/integration

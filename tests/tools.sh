#!/bin/sh
# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# Run what checks the sources: "tools.sh lint", "tools.sh sanity", "tools.sh units", "tools.sh integration", "tools.sh
# package"; "tools.sh changelog" makes a release entry of the fragments.
#
# Ansible's tools want a path that ends in ansible_collections/vgreb/jsync and look into every folder below it: they get
# a copy of the sources.

set -eu
cd "$(dirname "$0")/.."

sources=$PWD
home=$PWD/.cache/tools
collections=$home/collections
copy=$collections/ansible_collections/vgreb/jsync
log=$home/log
# What it ends with where it could not fetch what it needs; the Makefile knows it, too.
not_at_hand=75

export PATH="$PWD/.venv-lint/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$collections" LC_ALL=C.UTF-8

say() {
    printf '%s\n' "$*" >&2
}

# Run a tool, say which one, and how long it took.
tool() {
    say "$*"
    began=$(date +%s)
    "$@"
    say "  $(($(date +%s) - began)) s"
}

# Ansible's tools ask git which files there are, and would find that of the sources, which ignores the copy.
copy_sources() {
    mkdir -p "$copy"
    rsync -rlpt --delete --exclude=/.git --filter=':- .gitignore' ./ "$copy/"
    cd "$copy"
    git init --quiet
    git add --all
}

lint() {
    tool ruff check .
    cd .cache/collections
    types='mypy --config-file ../../mypy.ini'
    for part in module_utils plugin_utils callback action filter; do
        types="$types -p ansible_collections.vgreb.jsync.plugins.$part"
    done
    # shellcheck disable=SC2086 # its words are words
    tool $types
    cd "$sources"
    copy_sources
    tool yamllint --strict .
    tool reuse lint --lines
    tool antsibull-changelog lint
    tool antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all .
    tool ansible-lint -q
}

# What ansible-test keeps in the home directory stays in here; pip goes on as its user has set it.
ansible_test() {
    XDG_CACHE_HOME="${XDG_CACHE_HOME:-$HOME/.cache}" XDG_CONFIG_HOME="${XDG_CONFIG_HOME:-$HOME/.config}" HOME="$home" \
        ansible-test "$@" --local --requirements --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
}

# It fetches get-pip.py and packages for its environments. Where it cannot have the script, it says where it looks for it.
prime() {
    for _attempt in 1 2 3; do
        if ansible_test sanity --prime-venvs >"$log" 2>&1; then
            return
        fi
        script=$(sed -n 's/^The bootstrap script can be manually downloaded and saved to: //p' "$log")
        if [ -n "$script" ]; then
            say "get-pip.py cannot be fetched: the pip that comes with Python takes its place"
            cp tests/setup/get_pip.py "$script"
        fi
    done
    tail -n 20 "$log" >&2
    say "ansible-test sanity was NOT run: what it needs cannot be fetched, see above"
    exit "$not_at_hand"
}

sanity() {
    copy_sources
    tool prime
    tool ansible_test sanity
}

units() {
    copy_sources
    tool ansible_test units
}

integration() {
    copy_sources
    tool ansible_test integration
}

# What Galaxy does with an archive that is uploaded.
package() {
    copy_sources
    rm -f "$home"/vgreb-jsync-*.tar.gz
    ansible-galaxy collection build --output-path "$home" >"$log"
    cd "$home"
    tool python -m galaxy_importer.main vgreb-jsync-*.tar.gz
}

# The fragments become the entry of the version in galaxy.yml.
changelog() {
    copy_sources
    tool antsibull-changelog release
    rsync -rlpt --delete --exclude=.plugin-cache.yaml changelogs/ "$sources/changelogs/"
    cp CHANGELOG.md "$sources/"
}

"$1"

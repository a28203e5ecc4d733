#!/bin/sh
# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# Set up what the Makefile needs: "setup.sh demo" for all targets, "setup.sh test" for the tests, too,
# "setup.sh matrix" for the tests with each ansible-core and each Python, "setup.sh lint" or "setup.sh sanity" for
# what tests/tools.sh does under these names.
#
# Each part leaves a stamp that says what it was made for, as its last step: a second run compares the stamps and does
# nothing, an interrupted one is made again.

set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

log=.cache/setup.log
link=.cache/collections/ansible_collections/vgreb/jsync
older=.cache/rsync-older

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "$*"
    exit 1
}

# Run something that may talk as it likes, and show that only if it fails.
run() {
    if ! "$@" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "Failed, see above: $*"
    fi
}

stamped() {
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

# Packages of the distribution: installed for root, asked for otherwise.
install_packages() {
    if [ -z "$installer" ]; then
        die "Please install $*, this is neither Debian, Ubuntu nor Fedora."
    elif [ "$(id -u)" -ne 0 ]; then
        die "Please install what is missing: sudo $installer install $*"
    fi
    say "Installing with $installer: $*"
    # Old lists name packages that are gone, fresh systems have no lists.
    if [ "$installer" = apt-get ] && ! apt_install "$@" >"$log" 2>&1; then
        run apt-get update
        run apt_install "$@"
    elif [ "$installer" = dnf ]; then
        run dnf install -y "$@"
    fi
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Install what is missing of the programs, each given as program:package, and what $python needs for virtual environments.
install_missing() {
    missing=''
    for pair in $1; do
        command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
    done
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        [ "$installer" = apt-get ] || die "Please install the modules venv and ensurepip of $python."
        missing="$missing python$(version_of "$python")-venv"
    fi
    # shellcheck disable=SC2086 # names of packages are words
    [ -z "$missing" ] || install_packages $missing
}

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

# Set $python to the path of PYTHON, or of the newest Python that the newest ansible-core runs on. That of an existing
# .venv comes first among those that are as new, so that a run with PYTHON=... need not be repeated with it.
find_python() {
    probe='import os, sys; print(os.path.realpath(sys._base_executable)); sys.exit(sys.version_info < (3, 11))'
    if [ -n "${PYTHON:-}" ]; then
        python=$("$PYTHON" -c "$probe" 2>/dev/null) || die "PYTHON=$PYTHON is no Python 3.11 or newer."
        return
    fi
    python=.venv/bin/python
    if find_one_of 3.14 3.13 3.12 3.11; then
        python=$found
        return
    fi
    # One that cannot make environments yet: install_missing sees to that.
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if python=$("$candidate" -c "$probe" 2>/dev/null); then
            return
        fi
    done
    die "Please install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3 $1"
}

# Make a virtual environment: where, the Python, and what pip installs.
make_environment() {
    folder=$1 base=$2
    shift 2
    version=$(version_of "$base")
    # Its programs hold its absolute path: when the folder moves, it is made again.
    wanted="$PWD $base $version $*"
    if stamped "$folder/made-for" "$wanted"; then
        return
    fi
    say "Making $folder with Python $version: $*"
    run "$base" -m venv --clear "$folder"
    run "$folder/bin/python" -m pip install --disable-pip-version-check "$@"
    echo "$wanted" >"$folder/made-for"
}

# What the tests need besides, in an environment.
add_test_packages() {
    wanted=$(cat tests/requirements.txt tests/*/requirements.txt)
    if ! stamped "$1/tested-with" "$wanted"; then
        say "Adding to $1 what tests/requirements.txt lists"
        run "$1/bin/python" -m pip install --disable-pip-version-check -r tests/requirements.txt
        echo "$wanted" >"$1/tested-with"
    fi
}

# Set $found to a Python of one of these versions that can make environments, the first that is at hand; the shim of
# pyenv in PATH may stand for one that is switched off.
find_one_of() {
    of_version='import ensurepip, sys; print(sys.base_prefix); sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])'
    pyenv=${PYENV_ROOT:-${HOME:-}/.pyenv}/versions
    for version in "$@"; do
        for candidate in "$python" "python$version" "$pyenv/$version".*/bin/"python$version"; do
            if found=$("$candidate" -c "$of_version" "$version" 2>/dev/null); then
                found=$found/bin/python$version
                return
            fi
        done
    done
    return 1
}

# What checks the sources, apart from what the tests use: the newest ansible-core needs a newer Python.
make_lint_environment() {
    find_one_of 3.13 3.12 3.14 || found=$python
    # shellcheck disable=SC2046 # each line is a word
    make_environment .venv-lint "$found" $(grep -v '^#' tests/lint-requirements.txt)
}

# An environment with another ansible-core, on the newest Python that it runs on: its version, and those of the Pythons.
make_ansible_environment() {
    core=$1
    shift
    if find_one_of "$@"; then
        make_environment ".venv-$core" "$found" "ansible-core==$core.*" jmespath
    else
        say "There is no Python $*: tests with ansible-core $core will be skipped"
    fi
}

# What the matrix needs: each ansible-core, to run the tests in, and each Python that a target host may have.
make_matrix_environments() {
    make_ansible_environment 2.17 3.12 3.11 3.10
    make_ansible_environment 2.18 3.13 3.12 3.11
    make_ansible_environment 2.19 3.13 3.12 3.11
    make_ansible_environment 2.20 3.14 3.13 3.12
    make_ansible_environment 2.21 3.14 3.13 3.12
    for folder in .venv-2.*; do
        add_test_packages "$folder"
    done
    for target in 3.7 3.8 3.9 3.10 3.11 3.12 3.13 3.14; do
        if find_one_of "$target"; then
            make_environment ".venv-python$target" "$found" hypothesis pytest pytest-timeout pytest-xdist
        else
            say "There is no Python $target: the module will not be tested on it"
        fi
    done
}

# An rsync of another version than the installed one, unpacked and not installed, where apt offers one.
unpack_older_rsync() {
    installed=$(rsync --version | awk 'NR == 1 { print $3 }')
    if stamped "$older.made-for" "$installed"; then
        return
    fi
    rm -rf "$older"
    package=$(find_older_rsync)
    if [ -z "$package" ]; then
        say "The distribution offers no rsync but $installed: tests with another one will be skipped"
    elif fetch_older_rsync "$package" >"$log" 2>&1; then
        say "Unpacked $package to $older"
    else
        rm -rf "$older"
        say "Could not fetch $package: tests with it will be skipped"
        return
    fi
    echo "$installed" >"$older.made-for"
}

# The oldest version that apt knows besides the installed one.
find_older_rsync() {
    command -v apt-cache >/dev/null || return 0
    if [ -z "$(apt-cache madison rsync)" ] && [ "$(id -u)" -eq 0 ]; then
        apt-get update >"$log" 2>&1 || true
    fi
    apt-cache madison rsync | awk '{ print $3 }' | sort -V | while read -r version; do
        upstream=$(echo "$version" | sed 's/^[0-9]*://; s/[+~-].*//')
        if [ "$upstream" != "$installed" ]; then
            echo "rsync=$version"
            break
        fi
    done
}

fetch_older_rsync() {
    mkdir "$older"
    (cd "$older" && apt-get download "$1" && dpkg -x ./*.deb . && rm ./*.deb && usr/bin/rsync --version)
}

main() {
    installer=''
    client=openssh-client
    if command -v apt-get >/dev/null; then
        installer=apt-get
    elif command -v dnf >/dev/null; then
        installer=dnf
        client=openssh-clients
    fi
    mkdir -p "${link%/*}"
    [ -L "$link" ] || ln -s ../../../.. "$link"
    find_python "$1"
    programs=rsync:rsync
    case $1 in
        lint | sanity) programs="$programs git:git" ;;
    esac
    if [ "$1" != lint ]; then
        programs="$programs ssh:$client sshd:openssh-server"
        # Tests look at ACLs and attributes with these, and become other users; they are not worth asking a user for.
        if [ "$1" != demo ] && [ "$(id -u)" -eq 0 ]; then
            programs="$programs setfacl:acl setfattr:attr sudo:sudo"
        fi
    fi
    install_missing "$programs"
    case $1 in
        lint | sanity)
            make_lint_environment
            return
            ;;
    esac
    make_environment .venv "$python" ansible-core jmespath
    if [ "$1" != demo ]; then
        add_test_packages .venv
        # The oldest that the collection promises to work with, on a Python that the newest does not run on.
        make_ansible_environment 2.16 3.11 3.10 3.12
        unpack_older_rsync
    fi
    if [ "$1" = matrix ]; then
        make_matrix_environments
    fi
}

main "$1"

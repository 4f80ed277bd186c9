# shellcheck shell=bash
# Installing what a list of packages (see bench/packages) says is missing. Sourced.
#
#   install_missing LIST...   nothing is done, and nothing is asked, when all is there
#
# The demo and the tests want the programs, not the services: what a package would start is
# kept from starting, and from starting at the next boot.

# Debian keeps servers in sbin, which a plain user's PATH lacks.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

install_has() {
    local kind=${1%%:*} names name
    IFS='|' read -ra names <<<"${1#*:}"
    for name in "${names[@]}"; do
        case $kind in
        cmd) command -v "$name" >/dev/null && return 0 ;;
        pc) pkg-config --exists "$name" 2>/dev/null && return 0 ;;
        file) [[ -e $name ]] && return 0 ;;
        esac
    done
    return 1
}

# The first of the alternatives that this release has.
install_pick() {
    local names name
    IFS='|' read -ra names <<<"$1"
    for name in "${names[@]}"; do
        if apt-cache show --no-all-versions "$name" >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    echo "${names[0]}"
}

install_as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

# In a subshell, so that its trap ends with it: an interrupted installation must not leave
# the policy file behind, or no service would start on this machine any more.
install_without_services() (
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap 'install_as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | install_as_root tee "$policy" >/dev/null
        install_as_root chmod 755 "$policy"
    fi
    install_as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "$@" || exit 1
    if [[ -d /run/systemd/system ]]; then
        for unit in nats-server knot nginx unbound; do
            if [[ " $* " == *" $unit"* ]]; then
                install_as_root systemctl disable -q "$unit" || true
            fi
        done
    fi
)

install_missing() {
    local check package wanted=() names=() log
    while read -r check package; do
        if [[ -n $check && $check != '#'* ]] && ! install_has "$check"; then
            wanted+=("$package")
        fi
    done < <(cat "$@")
    ((${#wanted[@]} > 0)) || return 0
    # Several checks may ask for one package.
    mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)

    if ! command -v apt-get >/dev/null; then
        echo "Missing: ${wanted[*]}" >&2
        echo "This is no Debian: install what corresponds to them, then run this again." >&2
        return 1
    fi
    if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
        echo "Some packages are missing, and this user can't install them. As root, run:" >&2
        for package in "${wanted[@]}"; do
            names+=("$(install_pick "$package")")
        done
        echo "  apt-get update && apt-get install --no-install-recommends ${names[*]}" >&2
        return 1
    fi
    log=$(mktemp)
    echo "Some packages are missing. Reading the package lists (apt-get update) ..."
    if ! install_as_root apt-get update -q >"$log" 2>&1; then
        tail -n 5 "$log" >&2 # an old list may still do
    fi
    for package in "${wanted[@]}"; do
        names+=("$(install_pick "$package")")
    done
    echo "Installing (apt-get install): ${names[*]} ..."
    if ! install_without_services "${names[@]}" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "apt-get install failed; its whole output is in $log" >&2
        return 1
    fi
    rm -f "$log"
}

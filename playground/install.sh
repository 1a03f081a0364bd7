#!/usr/bin/env bash
# Installs what the playground's Swarm needs (Docker's engine, a registry, Redis, network tools), and only what is missing.
# `install.sh chaos` also installs libfaketime, for bots whose clock is set; `install.sh browser` that, Chromium, in which the demo's page is tested, what pipelines call, and ssh;
# `install.sh stand-in` also npm, for the Slack that others wrote; `install.sh arm64` also qemu, for the image of another processor.
# Debian 12 and later, Ubuntu 22.04 and later. Starts nothing, and leaves no service switched on that was not there before.
set -euo pipefail

export PATH="$PATH:/usr/sbin:/sbin"
readonly WITH="${1:-}"
readonly POLICY=/usr/sbin/policy-rc.d

give_up() {
    echo "playground: $1" >&2
    exit 1
}

check_machine() {
    [ "$(uname -s)" = Linux ] || give_up "this needs Linux, and this machine runs $(uname -s): use a Linux virtual machine."
    [ "$(id -u)" = 0 ] || give_up "this needs root, to install packages and to make network namespaces: run it again with sudo."
    command -v apt-get >/dev/null || give_up "this needs apt-get (Debian or Ubuntu): elsewhere, install dockerd, docker, docker-registry, redis-server, ip, iptables, nsenter, unshare, setsid and a static busybox yourself."
}

# Prints the packages whose programs are missing, one a line.
missing_packages() {
    while read -r package programs; do
        for program in $programs; do
            if ! command -v "$program" >/dev/null; then
                echo "$package"
                break
            fi
        done
    done <<-END
		docker.io dockerd containerd runc
		$(client_package) docker
		docker-registry docker-registry
		redis-server redis-server
		docker-compose docker-compose
		mmdebstrap mmdebstrap
		iproute2 ip
		iptables iptables
		util-linux nsenter unshare setsid
	END
    case $WITH in
        browser)
            missing_for_browser
            missing_for_pipelines
            missing_for_chaos
            ;;
        chaos) missing_for_chaos ;;
        arm64) [ "$(uname -m)" = aarch64 ] || [ -e /usr/lib/binfmt.d/qemu-aarch64.conf ] || echo qemu-user-static ;;
        stand-in) command -v npm >/dev/null || echo npm ;;
    esac
    if [ "$WITH" = browser ] && ! command -v ssh-keygen >/dev/null; then echo openssh-client; fi
    is_static_busybox || echo busybox-static
    has_venv || echo python3-venv
}

# What the shell of docs/ci is written for, git included.
missing_for_pipelines() {
    for program in curl jq git; do
        command -v "$program" >/dev/null || echo "$program"
    done
}

# Without a font for them, emoji are empty boxes in every picture of the page.
missing_for_browser() {
    command -v chromium >/dev/null || echo chromium
    [ -e /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf ] || echo fonts-noto-color-emoji
    [ -d /usr/share/fonts/opentype/inter ] || [ -d /usr/share/fonts/truetype/inter ] || echo fonts-inter
}

# A library, so there is no program to look for.
missing_for_chaos() {
    compgen -G "/usr/lib/*/faketime/libfaketimeMT.so.1" >/dev/null || echo libfaketime
}

# Debian 13 took the command line out of docker.io.
client_package() {
    if [ -n "$(apt-cache --quiet=2 search --names-only '^docker-cli$')" ]; then echo docker-cli; else echo docker.io; fi
}

# Containers hold nothing but busybox, so it must not need a shared library.
is_static_busybox() {
    command -v busybox >/dev/null && ! ldd "$(command -v busybox)" >/dev/null 2>&1
}

# Debian has these in a package of their own.
has_venv() {
    python3 -c 'import ensurepip, sys, venv; sys.exit(not ensurepip.version())' 2>/dev/null
}

# Debian starts a service as soon as it is installed, unless this file forbids it.
forbid_starts() {
    [ -e "$POLICY" ] && return
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod +x "$POLICY"
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    local log
    log=$(mktemp)
    if ! { apt-get update && apt-get install --yes --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        give_up "apt-get could not install $*: see above, and all of it in $log."
    fi
    rm -f "$log"
}

# The playground starts its own programs, so the services that came with the packages stay off.
switch_off() {
    [ -d /run/systemd/system ] || return 0
    for package in "$@"; do
        case $package in
            docker.io) systemctl --quiet disable docker.service docker.socket containerd.service ;;
            docker-registry | redis-server) systemctl --quiet disable "$package.service" ;;
        esac
    done
}

main() {
    check_machine
    local packages
    mapfile -t packages < <(missing_packages)
    if [ ${#packages[@]} = 0 ]; then
        echo "playground: everything is installed already"
        return
    fi
    echo "playground: installing ${packages[*]}"
    forbid_starts
    install_packages "${packages[@]}"
    switch_off "${packages[@]}" || true
    mapfile -t packages < <(missing_packages)
    [ ${#packages[@]} = 0 ] || give_up "still missing after the installation: ${packages[*]}."
    echo "playground: installed"
}

main "$@"

# shellcheck shell=bash
# Names, and the servers that know them, for bench/dns. Sourced after world.sh.

# shellcheck disable=SC2154,SC2034 # variables of bench/dns and world.sh

# The kernel gives a socket this much unless asked: some 250 small questions. Servers that do
# not ask lose what comes faster.
declare -A dns_port=() dns_pid=() dns_window=()

# dns_names N: N names that exist, of many lengths; every second one's brother, which does
# not, takes its place in the other list.
dns_names() {
    awk -v n="$1" -v all="$world_dir/all" -v half="$world_dir/half" '
        BEGIN {
            srand(7)
            split("com net org", top, " ")
            letters = "abcdefghijklmnopqrstuvwxyz"
            for (i = 0; i < n; i++) {
                word = substr(letters, 1 + int(rand() * 16), 1 + int(rand() * 10))
                name = word i "." top[1 + i % 3]
                print name > all
                print (rand() < 0.5 ? "gone-" : "") name > half
            }
        }'
    dns_live_all=$1
    dns_live_half=$(grep -vc '^gone' "$world_dir/half")
}

# Server NAME of process PID on PORT, pinned, all threads of it.
dns_server() {
    local name=$1
    dns_port[$name]=$2
    dns_pid[$name]=$3
    dns_window[$name]=$4
    taskset -acp "$server_core" "$3" >/dev/null
}

# dns_responder NAME WINDOW [option]...
dns_responder() {
    local name=$1 window=$2 port log=$world_dir/$1.log
    shift 2
    port=$(world_port)
    setsid taskset -c "$server_core" build/bench/dns_responder "$port" "$@" >"$log" 2>&1 &
    world_pids+=($!)
    for _ in {1..100}; do
        if grep -qs ready "$log"; then
            dns_server "$name" "$port" "${world_pids[-1]}" "$window"
            return
        fi
        sleep 0.05
    done
    cat "$log" >&2
    return 1
}

dns_zone_files() {
    local top
    mkdir -p "$world_dir/zones"
    echo zone: >"$world_dir/zones.conf"
    for top in com net org; do
        printf '  - domain: %s.\n' "$top" >>"$world_dir/zones.conf"
        awk -F. -v top="$top" '
            BEGIN {
                print "$ORIGIN " top ".\n$TTL 3600"
                print "@ SOA a.nic.test. root.nic.test. 1 1800 900 604800 900"
                print "@ NS a.nic.test."
            }
            $2 == top { print $1 " NS ns1." $1 "\n" $1 " NS ns2." $1 }
        ' "$world_dir/all" >"$world_dir/zones/$top.zone"
    done
}

# Knot as it comes: with the system's receive buffer.
dns_knot() {
    local at
    dns_zone_files
    world_start knot at world_knot
    world_knot_loaded 3
    dns_server knot "$at" "${world_pids[-1]}" 100
}

dns_unbound_run() {
    local dir=$world_dir/unbound
    mkdir -p "$dir"
    {
        cat <<UNBOUND
server:
    interface: 127.0.0.1@$1
    access-control: 127.0.0.0/8 allow
    num-threads: 1
    so-rcvbuf: 4m
    username: ""
    chroot: ""
    directory: "$dir"
    pidfile: ""
    do-daemonize: no
    use-syslog: no
    module-config: "iterator"
UNBOUND
        for top in com net org; do
            echo "    local-zone: \"$top.\" static"
            echo "    local-data: \"$top. 3600 IN SOA a.nic.test. root.nic.test. 1 1800 900 604800 900\""
        done
        awk '{ print "    local-data: \"" $0 ". 3600 IN NS ns1." $0 ".\""
               print "    local-data: \"" $0 ". 3600 IN NS ns2." $0 ".\"" }' "$world_dir/all"
    } >"$dir/unbound.conf"
    # A copy: where AppArmor is at work, Debian's profile for /usr/sbin/unbound keeps it from
    # reading a configuration anywhere but in /etc/unbound.
    cp "$(command -v unbound)" "$dir/unbound"
    exec setsid "$dir/unbound" -d -c "$dir/unbound.conf"
}

# A resolver with its local data: no name leaves the machine.
dns_unbound() {
    local at
    world_start unbound at dns_unbound_run
    dns_server unbound "$at" "${world_pids[-1]}" 1000
}

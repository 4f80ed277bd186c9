# shellcheck shell=bash
# One run of one client, measured and judged. Sourced by bench/dns.
#
# A run counts when it has all its answers and the machine was quiet: other processes took
# less than $noise_max percent of a core during it, and the hypervisor less than
# $steal_max. Otherwise it is repeated, a few times.

# shellcheck disable=SC2154 # variables of bench/dns and dns_world.sh

# Ticks: busy, stolen.
runs_cpu() {
    awk '/^cpu / { print $2 + $3 + $4 + $7 + $8, $9; exit }' /proc/stat
}

# Ticks that a process has used, its threads included.
runs_process() {
    sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# Wait for a moment as quiet as a run has to be, but not for ever.
runs_wait() {
    local before after limit=$((noise_max / 5 + 3)) # ticks in what is looked at
    for _ in {1..40}; do
        read -r before _ < <(runs_cpu)
        sleep 0.2
        read -r after _ < <(runs_cpu)
        ((after - before > limit)) || return 0
    done
}

# runs_client METHOD SERVER FILE OUT
runs_client() {
    local port=${dns_port[$2]} window=${dns_window[$2]}
    case $1 in
    unverifyd)
        taskset -c "$client_core" build/unverifyd --config /dev/null \
            --set "dns.servers=127.0.0.1:$port" --set status.provider=none --set dns.canaries=off \
            check --stdin <"$3" >"$4" 2>"$4.err"
        ;;
    module)
        taskset -c "$client_core" build/bench/dns_module "$port" <"$3" >"$4"
        ;;
    c-ares)
        taskset -c "$client_core" build/bench/dns_plain "$port" "$window" <"$3" >"$4"
        ;;
    bare)
        taskset -c "$client_core" build/bench/dns_bare "$port" "$window" <"$3" >"$4"
        ;;
    massdns-*)
        taskset -c "$client_core" "$massdns" -r "$world_dir/$2.resolvers" -t NS \
            --busy-poll -s "${1#massdns-}" --processes 1 --root --rcvbuf 4194304 \
            --sndbuf 4194304 -o S -q -w "$4" "$3" 2>"$4.err"
        ;;
    dnsperf)
        taskset -c "$client_core" dnsperf -s 127.0.0.1 -p "$port" -d "$3.dnsperf" \
            -n 1 -q "$window" -c 1 -T 1 -b 4096 -t 1 >"$4" 2>&1
        ;;
    esac
}

# runs_answers METHOD OUT: names that exist, names that don't, as the client saw it; - where
# it does not say.
runs_answers() {
    case $1 in
    unverifyd) sed -n 's/.* delegated=\([0-9]*\).* absent=\([0-9]*\).*/\1 \2/p
                       t
                       s/.* delegated=\([0-9]*\).*/\1 0/p' "$2.err" ;;
    module) awk '{ for (i = 1; i <= NF; i++) { split($i, f, "="); n[f[1]] = f[2] }
                   print n["delegated"] + 0, n["absent"] + 0 }' "$2" ;;
    c-ares) awk '{ n[$2]++ } END { print n["delegated"] + n["nodata"] + 0, n["absent"] + 0 }' "$2" ;;
    bare) sed 's/.* noerror=\([0-9]*\) nxdomain=\([0-9]*\) .*/\1 \2/' "$2" ;;
    dnsperf) awk '/Response codes:/ { sub(/.*codes: */, ""); gsub(/[(),]/, ""); 
                      for (i = 1; i <= NF; i++) n[$i] = $(i + 1)
                      print n["NOERROR"] + 0, n["NXDOMAIN"] + 0 }' "$2" ;;
    *) echo - - ;;
    esac
}

# runs_once METHOD SERVER SET: a line of results.tsv. false: it does not count.
runs_once() {
    local method=$1 server=$2 set=$3 file=$world_dir/$3 out=$world_dir/out
    local busy0 steal0 busy1 steal1 server0 server1 times wall user system
    local live wanted answers judged
    rm -f "$out" "$out.err"
    runs_wait
    read -r busy0 steal0 < <(runs_cpu)
    server0=$(runs_process "${dns_pid[$server]}")
    TIMEFORMAT='%R %U %S'
    times=$({ time runs_client "$method" "$server" "$file" "$out"; } 2>&1) || {
        echo "bench/dns: $method failed: $times" >&2
        tail -n 3 "$out.err" "$out" >&2 || true
        exit 1
    }
    server1=$(runs_process "${dns_pid[$server]}")
    read -r busy1 steal1 < <(runs_cpu)
    read -r wall user system <<<"${times##*$'\n'}"
    live=$dns_live_all
    [[ $set == all ]] || live=$dns_live_half
    wanted="$live $((n_names - live))"
    answers=$(runs_answers "$method" "$out")
    judged=$(awk -v wall="$wall" -v own_user="$user" -v own_system="$system" \
        -v busy="$((busy1 - busy0))" -v steal="$((steal1 - steal0))" \
        -v server="$((server1 - server0))" -v noise_max="$noise_max" \
        -v steal_max="$steal_max" -v answers="$answers" -v wanted="$wanted" 'BEGIN {
            tick = 100
            foreign = 100 * (busy / tick - own_user - own_system - server / tick) / wall
            steal = 100 * steal / tick / wall
            complete = answers == wanted || answers == "- -"
            printf "%.1f\t%.1f\t%.0f\t%s", foreign, steal, server / wall,
                !complete ? "incomplete" : foreign < noise_max && steal < steal_max ? "ok" : "noisy"
        }')
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$block" "$server" "$set" "$method" \
        "$n_names" "$wall" "$user" "$system" "$judged" >>"$world_dir/results.tsv"
    if [[ $judged == *incomplete ]]; then
        echo "  $method, $server, $set: answers $answers instead of $wanted" >&2
    fi
    [[ $judged == *ok ]]
}

runs_measure() {
    for ((try = 0; try < tries_max; try++)); do
        ! runs_once "$@" || return 0
    done
}

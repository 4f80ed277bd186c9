# shellcheck shell=bash
# Counting what passed and what did not, over runners of all kinds. Sourced by tests/run.

tally_passed=0 tally_failed=0 tally_skipped=0
tally_failures=()

title() {
    printf '\n== %s\n' "$1"
}

ok() {
    tally_passed=$((tally_passed + 1))
    echo "ok      $1"
}

not_ok() {
    tally_failed=$((tally_failed + 1))
    tally_failures+=("$1")
    echo "FAILED  $1"
}

skip() {
    tally_skipped=$((tally_skipped + 1))
    echo "skipped $1"
}

# check NAME COMMAND...: one test, whose output is shown when it fails.
check() {
    local name=$1 log
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        ok "$name"
        rm -f "$log"
    else
        cat "$log"
        rm -f "$log"
        not_ok "$name"
        return 1
    fi
}

# Add up a `ctest -V` log. Programs of cmocka say how many tests passed and failed; any
# other program is one test. A program that failed without saying which test did (a crash, a
# leak, a time-out) is one failure more.
tally_ctest() {
    local label=$1 log=$2 verdicts programs passed failed skipped names
    verdicts=$(awk '
        match($0, /^[0-9]+: /) {
            id = substr($0, 1, RLENGTH - 2)
            rest = substr($0, RLENGTH + 1)
            if (match(rest, /^\[  PASSED  \] [0-9]+ test/))
                passed[id] = substr(rest, 14) + 0
            else if (match(rest, /^\[  SKIPPED \] [0-9]+ test/))
                skipped[id] = substr(rest, 14) + 0
            else if (match(rest, /^\[  FAILED  \] [0-9]+ test/))
                failed[id] = substr(rest, 14) + 0
            next
        }
        match($0, /Test +#[0-9]+: /) && /(Passed|Failed|Timeout|Exception|Not Run|SEGV|Abort)/ {
            split(substr($0, RSTART, RLENGTH), part, /[#:]/)
            id = part[2]
            is_good = /   Passed /
            if (!(id in passed) && !(id in failed))
                passed[id] = is_good
            if (!is_good && failed[id] == 0)
                failed[id] = 1
            programs++; p += passed[id]; f += failed[id]; s += skipped[id]
            name = $0; sub(/^.*Test +#[0-9]+: /, "", name); sub(/ .*$/, "", name)
            if (!is_good)
                names = names " " name
        }
        END { print programs + 0, p + 0, f + 0, s + 0, names }' "$log")
    read -r programs passed failed skipped names <<<"$verdicts"
    tally_passed=$((tally_passed + passed))
    tally_failed=$((tally_failed + failed))
    tally_skipped=$((tally_skipped + skipped))
    echo "$programs programs: $passed tests passed, $failed failed, $skipped skipped"
    if ((failed > 0)); then
        tally_failures+=("$label:$names")
        grep -E '^[0-9]+: (\[  (ERROR|FAILED)|.*(ERROR|error:|Sanitizer|SUMMARY)| +#[0-9])' "$log" |
            head -n 100 || true
        echo "the whole output is in $log"
    fi
    if ((programs == 0)); then
        if [[ -z ${pattern:-} ]]; then
            not_ok "$label: no test was found"
        fi
    fi
}

# Add up a TAP file of Node's test runner.
tally_tap() {
    local name=$1 log=$2 passed failed skipped
    passed=$(tally_tap_number pass "$log")
    failed=$(($(tally_tap_number fail "$log") + $(tally_tap_number cancelled "$log")))
    skipped=$(($(tally_tap_number skipped "$log") + $(tally_tap_number todo "$log")))
    tally_passed=$((tally_passed + passed))
    tally_skipped=$((tally_skipped + skipped))
    if ((failed > 0)); then
        tally_failed=$((tally_failed + failed))
        tally_failures+=("$name")
    elif ((passed + skipped == 0)) && [[ -z ${pattern:-} ]]; then
        not_ok "$name: no test ran to its end"
    fi
}

tally_tap_number() {
    local n
    n=$(sed -n "s/^# $1 //p" "$2" 2>/dev/null | tail -n 1)
    echo "${n:-0}"
}

# The last line of the run. Whatever happened before, it says so.
tally_end() {
    local code=$? failure
    trap - EXIT
    if ((code != 0 && tally_failed == 0)); then
        not_ok "tests/run itself (exit code $code)"
    fi
    echo
    for failure in "${tally_failures[@]}"; do
        echo "FAILED  $failure"
    done
    if ((tally_passed + tally_failed == 0)); then
        not_ok "no test ran"
    fi
    if ((tally_skipped > 0)); then
        echo "$tally_passed passed, $tally_failed failed, $tally_skipped skipped"
    else
        echo "$tally_passed passed, $tally_failed failed"
    fi
    exit $((tally_failed > 0))
}

# shellcheck shell=bash
# Building without noise: the log is shown only when something went wrong. Sourced.

# build_quietly DIR [cmake option]...
build_quietly() {
    local dir=$1 log=$1/build.log
    shift
    mkdir -p "$dir"
    if ! { cmake -S . -B "$dir" -G Ninja "$@" && cmake --build "$dir"; } >"$log" 2>&1; then
        grep -E -A 12 'error|FAILED|Error' "$log" | head -n 60 >&2 || true
        echo "The build failed; its whole output is in $log" >&2
        return 1
    fi
}

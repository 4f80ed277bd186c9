# shellcheck shell=bash
# House checks: what no compiler checks. Each says how much it looked at and fails when that
# was nothing, so a check that lost its files can't pass. Sourced by tests/run.

# Formatting and tidiness are judged by one version, or every release would want other
# changes: the one of Debian 12.
HOUSE_CLANG=14

house_files() {
    git ls-files --cached --others --exclude-standard -- "$@"
}

house_is_pinned() {
    "$1" --version | grep -q "version $HOUSE_CLANG\."
}

house_format() {
    local files
    mapfile -t files < <(house_files '*.c' '*.h')
    echo "${#files[@]} files"
    ((${#files[@]} > 0)) && clang-format --dry-run -Werror "${files[@]}"
}

house_tidy() {
    local files
    mapfile -t files < <(house_files 'reactor/*.c' 'proto/*.c')
    echo "${#files[@]} files"
    ((${#files[@]} > 0)) &&
        printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P 2 clang-tidy -p build-clang --quiet 2>&1 |
        { grep -vE "^[0-9]+ warnings? generated" || true; }
}

# house_forbid REGEX FILE_PATTERN...: no line of the files may match.
house_forbid() {
    local regex=$1 files
    shift
    mapfile -t files < <(house_files "$@")
    echo "${#files[@]} files"
    ((${#files[@]} > 0)) && ! grep -nE "$regex" "${files[@]}"
}

# Decisions and wire formats are pure: no I/O library, no clock, no chance.
house_boundary() {
    house_forbid '#[[:space:]]*include[[:space:]]*[<"](uv\.h|uv/|ares|curl/|nats)' \
        'reactor/core/*.[ch]' 'proto/*.[ch]'
}

house_clockless() {
    house_forbid '\b(time|clock_gettime|gettimeofday|rand|random|getrandom)\(' \
        'reactor/core/*.[ch]' 'proto/*.[ch]'
}

# assert goes away in release builds (MUST does not); the others don't know how much room
# there is, or can't tell a bad number from zero.
house_unsafe() {
    house_forbid '\b(assert|sprintf|vsprintf|strcpy|strcat|strncpy|atoi|atol|gets)\(' \
        'reactor/*.[ch]' 'proto/*.[ch]'
}

# A global name of ours that a library also has takes its place for the library, too: the
# linker says nothing, and the first call ends in the wrong function.
house_symbols() {
    local ours theirs common
    ours=$(find build-clang -name 'lib*.a' -exec nm --defined-only {} + 2>/dev/null |
        awk '$2 ~ /^[TDRB]$/ { print $3 }' | sort -u)
    theirs=$(find build-clang -name unverifyd -type f -exec ldd {} + | awk '$3 ~ /^\// { print $3 }' |
        xargs -r nm -D --defined-only | awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' | sort -u)
    echo "$(wc -w <<<"$ours") names of ours, $(wc -w <<<"$theirs") of the libraries"
    [[ -n $ours && -n $theirs ]] || return 1
    common=$(comm -12 <(echo "$ours") <(echo "$theirs"))
    if [[ -n $common ]]; then
        echo "$common"
        return 1
    fi
}

house_scripts() {
    local file files=()
    while IFS= read -r file; do
        case $file in
        *.sh) files+=("$file") ;;
        *) head -n 1 "$file" | grep -qaE '^#!.*\b(ba)?sh\b' && files+=("$file") ;;
        esac
    done < <(house_files)
    echo "${#files[@]} files"
    ((${#files[@]} > 0)) && shellcheck -x "${files[@]}"
}

# house NAME FUNCTION [PINNED TOOL]
house() {
    local name="house: $1" tool=${3:-} log
    [[ $name =~ ${pattern:-} ]] || return 0
    if [[ -n $tool ]] && ! house_is_pinned "$tool"; then
        skip "$name: needs $tool $HOUSE_CLANG"
        return 0
    fi
    log=$(mktemp)
    if "$2" >"$log" 2>&1; then
        ok "$name, $(head -n 1 "$log")"
    else
        head -n 200 "$log"
        not_ok "$name"
    fi
    rm -f "$log"
}

run_house() {
    title house
    house "formatting (clang-format)" house_format clang-format
    house "no I/O library in core and wire formats" house_boundary
    house "no clock and no chance in core and wire formats" house_clockless
    house "no unsafe function" house_unsafe
    house "no global name that a library has too" house_symbols
    house "scripts (shellcheck)" house_scripts
    house "clang-tidy" house_tidy clang-tidy
}

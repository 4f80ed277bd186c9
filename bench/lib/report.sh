# shellcheck shell=bash
# What the demo shows: progress, the table, some messages. Sourced by bench/demo, whose
# variables ($world_dir, $private, ...) it reads.
# shellcheck disable=SC2154,SC2034

say() {
    if [[ -t 1 ]]; then
        printf '\e[1m%s\e[0m\n' "$*"
    else
        printf '%s\n' "$*"
    fi
}

bus() {
    build/bench/bus_tool "$@"
}

# One number of the world's summary.
summary() {
    sed -n "s/^$1=//p" "$world_dir/summary" 2>/dev/null
}

# One number of the last line of totals in unverifyd's log; empty when there is none.
total() {
    sed -n "/event=totals/s/.* $1=\([0-9]*\).*/\1/p" "$world_dir/unverifyd.log" | tail -n 1
}

# How many messages a subject of a stream holds; 0 when there is no such stream.
messages() {
    { bus counts "$1" 2>/dev/null || true; } |
        awk -F '\t' -v subject="$2" '$2 == subject { n += $1 } END { print n + 0 }'
}

# 63666 -> 63,666
grouped() {
    sed -e :a -e 's/\([0-9]\)\([0-9]\{3\}\)\(,\|$\)/\1,\2\3/;ta' <<<"${1:--}"
}

seconds_since() {
    awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}

# Progress ---------------------------------------------------------------------------------

progress_shown=''

# One line that changes in place on a terminal; else a line when it says something new.
report_progress() {
    if [[ -t 1 ]]; then
        printf '\r\e[K  %s' "$1"
        progress_shown=yes
    else
        printf '  %s\n' "$1"
    fi
}

report_progress_end() {
    [[ -z $progress_shown ]] || printf '\n'
    progress_shown=''
}

paid_questions() {
    if [[ -f $world_dir/paid.log ]]; then
        wc -l <"$world_dir/paid.log"
    else
        echo 0
    fi
}

paid_domains() {
    if [[ -f $world_dir/paid.log ]]; then
        awk '{ print $3 }' "$world_dir/paid.log" | sort -u | wc -l
    else
        echo 0
    fi
}

# Everything that had to come has come. That candidates whose verdict is "no message" have
# been asked about is part of it: until then a wrong message could still follow.
is_complete() {
    [[ -n $private ]] &&
        (($1 >= $(summary unverify) && $2 >= $(summary block_reset) &&
            $3 >= $(summary unusable) && $(paid_domains) >= $(summary candidates))) &&
        ! kill -0 "$feed_pid" 2>/dev/null
}

report_watch() {
    local unverified resets invalid state last='' changed=$SECONDS
    local subject=email.unverify
    [[ -z $dry_run ]] || subject=email.unverify.dryrun
    # A run without an end of its own is ended by hand, and then reports all the same.
    [[ -n $private ]] || trap 'interrupted=yes' INT
    while [[ -z ${interrupted:-} ]]; do
        unverified=$(messages UNVERIFY "$subject")
        resets=$(messages UNVERIFY email.block_reset)
        invalid=$(messages UNVERIFYD_INVALID unverifyd.invalid)
        state="events $(grouped "$(messages ACCOUNTS account.email.verified)")"
        state+=", DNS questions $(grouped "$(total dns_questions)")"
        state+=", candidates $(grouped "$(total candidates)")"
        [[ -z ${status_port:-} ]] || state+=", paid questions $(grouped "$(paid_questions)")"
        state+=", unverified $(grouped "$unverified")"
        if [[ $state != "$last" ]]; then
            report_progress "$(seconds_since "$started") s: $state"
            last=$state changed=$SECONDS
        fi
        if is_complete "$unverified" "$resets" "$invalid" || [[ -e $world_dir/feed.failed ]]; then
            break
        fi
        if ! kill -0 "$unverifyd_pid" 2>/dev/null; then
            report_progress_end
            echo "unverifyd has ended; the end of its log:" >&2
            tail -n 20 "$world_dir/unverifyd.log" >&2
            exit 1
        fi
        if ((SECONDS - changed >= idle)); then
            report_progress_end
            echo "Nothing new for $idle seconds."
            break
        fi
        sleep 0.5
    done
    trap 'exit 130' INT
    elapsed=$(seconds_since "$started")
    report_progress_end
}

# Results ----------------------------------------------------------------------------------

report_world() {
    echo "  $(grouped "$(summary events)") accounts, each with a maintainer's address," \
        "at $(grouped "$(summary domains)") registrable domains in $(summary zones) zones."
    echo "  The domains are real and alive; that $(summary candidates) of them lapse is made up."
}

row() {
    printf '  %-46s %10s' "$1" "$(grouped "$2")"
    [[ -z ${3:-} ]] || printf '   %s' "$3"
    printf '\n'
}

# row_exact TEXT EXPECTED SEEN: counts a difference in $wrong.
row_exact() {
    if [[ $2 == "$3" ]]; then
        row "$1" "$3" "as expected"
    else
        row "$1" "$3" "EXPECTED $(grouped "$2")"
        wrong=$((wrong + 1))
    fi
}

# Compare the messages, not only their number.
compare_messages() {
    local subject=$1 expected=$2 seen=$3 missing extra
    bus read UNVERIFY "$subject" --fields account,email,domain,phase >"$seen" || true
    missing=$(comm -23 <(sort "$expected") <(sort "$seen") | wc -l)
    extra=$(comm -13 <(sort "$expected") <(sort "$seen") | wc -l)
    row "  $subject: due and not seen" "$missing"
    row "  $subject: seen and not due" "$extra"
    wrong=$((wrong + missing + extra))
}

report_counts() {
    local key
    echo
    say "What happened"
    for key in domains addresses events dns_questions candidates paid_questions; do
        row "${key//_/ }" "$(total "$key")"
    done
    { bus counts UNVERIFY 2>/dev/null || true; } | while IFS=$'\t' read -r n subject; do
        row "$subject" "$n"
    done
    row "seconds" "$elapsed"
}

report_table() {
    if [[ -z $private ]]; then
        report_counts
        return 0
    fi
    local seen=$world_dir/seen.tsv phase wrong=0 fed domains
    fed=$(cat "$world_dir/fed")
    domains=$(summary domains)
    echo
    say "In"
    row_exact "account events" "$(summary events)" "$fed"
    row "addresses watched" "$((fed - $(summary unusable)))"
    row "domains" "$domains" "$(summary exempt_domains) of them webmail, counted only"
    row_exact "addresses that can't be used (dead letters)" "$(summary unusable)" \
        "$(messages UNVERIFYD_INVALID unverifyd.invalid)"
    echo
    say "Asked"
    row "questions in DNS" "$(total dns_questions)"
    row_exact "candidates: gone from DNS" "$(summary candidates)" "$(paid_domains)"
    row "paid questions" "$(paid_questions)" \
        "1 for each $(((domains + 1) / ($(paid_questions) + 1))) domains"
    echo
    say "Out"
    row_exact "unverified: email.unverify" "$(summary unverify)" \
        "$(messages UNVERIFY email.unverify)"
    bus read UNVERIFY email.unverify --fields phase >"$world_dir/phases" || true
    for phase in redemption pending_delete released; do
        row_exact "  $phase" "$(cut -f 4 "$world_dir/expected.tsv" | grep -cx "$phase" || true)" \
            "$(grep -cx "$phase" "$world_dir/phases" || true)"
    done
    row_exact "password resets blocked: email.block_reset" "$(summary block_reset)" \
        "$(messages UNVERIFY email.block_reset)"
    compare_messages email.unverify "$world_dir/expected.tsv" "$seen"
    grep $'\treleased$' "$world_dir/expected.tsv" >"$world_dir/expected_reset.tsv" || true
    compare_messages email.block_reset "$world_dir/expected_reset.tsv" "$seen.reset"
    row "no message: registered, only out of DNS" "$(summary held_accounts)" \
        "$(summary held_domains) domains"
    row "no message: the registry did not answer" "$(summary doubt_accounts)" \
        "$(summary doubt_domains) domains"
    row "no message: broken DNS (SERVFAIL)" "$(summary broken_dns_accounts)" \
        "$(summary broken_dns_domains) domains"
    echo
    row "seconds, first event to last message" "$elapsed"
    row "events a second" "$(awk -v n="$fed" -v t="$elapsed" 'BEGIN { printf "%d", n / t }')"
    echo
    if ((wrong > 0)); then
        echo "NOT as expected: $wrong differences. The end of unverifyd's log:"
        tail -n 5 "$world_dir/unverifyd.log"
        keep=yes
        return 1
    fi
    say "Every message that was due was seen, and no other."
}

report_samples() {
    local subject
    echo
    say "Some of the messages (msgpack on the bus; decoded with \`unverifyd decode\`)"
    { bus counts UNVERIFY 2>/dev/null || true; } | cut -f 2 | while read -r subject; do
        echo "$subject"
        bus body UNVERIFY "$subject" 1 | build/unverifyd decode |
            sed -E 's/^/  /; s/,"(phase|from|evidence|status|rdap|decided_at)":/,\n   "\1":/g'
    done
}

report_next() {
    cat <<'NEXT'

How to go on
  bench/demo --keep                     keeps logs, zones, expected and seen messages
  bench/demo --dns system --events FILE your addresses (one JSON map a line: account, email),
                                        your resolvers, a private bus, nothing unverified
  bench/demo --nats URL --dns system --provider domainr --key-file FILE --dry-run
                                        your bus and your API key; decides, unverifies nothing
  build/unverifyd --help, README.md     running it for good
NEXT
}

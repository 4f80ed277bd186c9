# shellcheck shell=bash
# The table of bench/dns, from its results: block, server, set, method, names, seconds, user,
# system, foreign CPU, steal, server's CPU (percent of a core each), verdict. Sourced.

# Per block and place the reference is the fastest massdns run that counts, whatever its
# settings were.
table() {
    awk -F '\t' '
        function median(list, n,   v, i, j, t) {
            split(list, v, " ")
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
                    t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
                }
            low = v[1]; high = v[n]
            return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
        }
        function add(where, what) { values[where] = values[where] " " what; count[where]++ }
        {
            total++
            if ($12 != "ok") { discarded[$12]++; next }
            place = $2 SUBSEP $3
            if (!(place in seen)) { seen[place] = 1; places[++n_places] = place }
            name = $4 ~ /^massdns/ ? "massdns" : $4
            run = place SUBSEP $1
            rate[run, $4] = $5 / $6
            add(place SUBSEP $4 SUBSEP "rate", $5 / $6)
            add(place SUBSEP $4 SUBSEP "cpu", ($7 + $8) / $5 * 1e6)
            add(place SUBSEP $4 SUBSEP "user", $7 / $5 * 1e6)
            add(place SUBSEP $4 SUBSEP "server", $11)
            if (name == "massdns" && $5 / $6 > best[run]) best[run] = $5 / $6
        }
        END {
            n_methods = split("unverifyd module c-ares bare dnsperf massdns-100 massdns-1000 massdns-3000", methods, " ")
            blocks = 0
            for (key in rate) {
                split(key, k, SUBSEP)
                run = k[1] SUBSEP k[2] SUBSEP k[3]
                if (best[run] > 0)
                    add(k[1] SUBSEP k[2] SUBSEP k[4] SUBSEP "ratio", rate[key] / best[run])
            }
            printf "\n%-15s %-5s %-13s %9s %17s %9s %22s %4s\n", "server", "names", "client",
                "names/s", "CPU us/name (user)", "server %", "to best massdns", "runs"
            for (p = 1; p <= n_places; p++) {
                split(places[p], k, SUBSEP)
                for (m = 1; m <= n_methods; m++) {
                    at = places[p] SUBSEP methods[m] SUBSEP
                    n = count[at "rate"]
                    if (!n)
                        continue
                    ratio = "-"
                    if (count[at "ratio"]) {
                        middle = median(values[at "ratio"], count[at "ratio"])
                        ratio = sprintf("%.2f  (%.2f..%.2f)", middle, low, high)
                    }
                    printf "%-15s %-5s %-13s %9d %11.2f (%.2f) %9d %22s %4d\n", k[1], k[2],
                        methods[m], median(values[at "rate"], n), median(values[at "cpu"], n),
                        median(values[at "user"], n), median(values[at "server"], n), ratio, n
                }
            }
            printf "\n%d runs, of which %d were discarded for noise and %d as incomplete.\n",
                total, discarded["noisy"], discarded["incomplete"]
        }' "$1"
}

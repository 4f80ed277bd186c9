# shellcheck shell=bash
# A private world on loopback: a bus, a DNS server and a status API, on ports of their own,
# in a directory of their own. Sourced; needs $world_dir, and $world_key for the status API.
#
# Nothing here touches a configuration, a port or a file of the machine's own servers.
#
# Each server gets a session of its own, so that Ctrl-C reaches the script alone, which then
# stops them in order.

# shellcheck disable=SC2154 # world_dir and world_key come from the script

world_pids=()

# A port nobody listens on. Two runs at the same moment could pick the same; the server then
# fails to start and world_start tries another.
world_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

# world_start NAME PORT_VARIABLE FUNCTION: run `FUNCTION port`, which replaces the shell by
# the server, in the background until it listens.
world_start() {
    local name=$1 function=$3 port pid
    for _ in 1 2 3; do
        port=$(world_port)
        "$function" "$port" >>"$world_dir/$name.log" 2>&1 &
        pid=$!
        for _ in {1..100}; do
            if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
                world_pids+=("$pid")
                printf -v "$2" %s "$port"
                return 0
            fi
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
    done
    echo "$name did not start; the end of its log:" >&2
    tail -n 15 "$world_dir/$name.log" >&2
    return 1
}

world_stop() {
    local pid
    for pid in "${world_pids[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in "${world_pids[@]}"; do
        for _ in {1..50}; do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    world_pids=()
}

# Servers --------------------------------------------------------------------------------

world_nats() {
    mkdir -p "$world_dir/nats"
    exec setsid nats-server -a 127.0.0.1 -p "$1" -js -sd "$world_dir/nats"
}

# Authoritative for the zones listed in zones.conf, whose files are in zones/.
world_knot() {
    mkdir -p "$world_dir/knot"
    cat >"$world_dir/knot/knot.conf" <<KNOT
server:
    rundir: "$world_dir/knot"
    listen: 127.0.0.1@$1
    udp-workers: 1
    tcp-workers: 1
    background-workers: 2
log:
  - target: stderr
    any: info
database:
    storage: "$world_dir/knot"
    journal-db-max-size: 16M
    timer-db-max-size: 16M
template:
  - id: default
    storage: "$world_dir/zones"
    zonefile-sync: -1
    journal-content: none
$(cat "$world_dir/zones.conf")
KNOT
    exec setsid knotd -c "$world_dir/knot/knot.conf"
}

# knotd listens before it has read its zones, and says SERVFAIL until then.
world_knot_loaded() {
    local zones=$1 log=$world_dir/knot.log
    for _ in {1..300}; do
        (($(grep -c ' loaded, serial' "$log") >= zones)) && return 0
        sleep 0.1
    done
    echo "knotd did not read its zones; the end of its log:" >&2
    tail -n 15 "$log" >&2
    return 1
}

# An authority of its own, and a certificate for localhost. The authority's key is thrown
# away as soon as it has signed.
world_certificates() {
    local dir=$world_dir/tls
    mkdir -p "$dir"
    {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
            -subj "/CN=unverifyd demo authority" -keyout "$dir/ca.key" -out "$dir/ca.pem" \
            -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=keyCertSign"
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
            -subj "/CN=localhost" -keyout "$dir/server.key" -out "$dir/server.csr"
        openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
            -set_serial 2 -days 2 -out "$dir/server.pem" \
            -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1")
    } >"$dir/log" 2>&1 || { cat "$dir/log" >&2; return 1; }
    rm -f "$dir/ca.key" "$dir/server.csr"
}

# Domainr's documented answers (domainr.com/docs/api/v2/status) over TLS and HTTP/2, for
# whoever knows $world_key. The words for a domain are in words.map; all others are active.
world_nginx() {
    local dir=$world_dir/nginx
    mkdir -p "$dir"
    cat >"$dir/nginx.conf" <<NGINX
daemon off;
pid $dir/pid;
error_log $world_dir/nginx.error.log warn;
worker_processes 1;
events { worker_connections 256; }
http {
    map_hash_bucket_size 512;
    map_hash_max_size 65536;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    access_log off;
    log_format question '\$status \$server_protocol \$arg_domain';
    map \$arg_domain \$words {
        default "active";
        include $world_dir/words.map;
    }
    map \$words \$summary { "~ ?(?<right_most>[a-z]+)\$" \$right_most; }
    map \$arg_domain \$zone { "~^[^.]+\.(?<above>.+)\$" \$above; }
    server {
        listen 127.0.0.1:$1 ssl http2;
        ssl_certificate $world_dir/tls/server.pem;
        ssl_certificate_key $world_dir/tls/server.key;
        default_type application/json;
        keepalive_requests 100000;
        location = /v2/status {
            access_log $world_dir/paid.log question;
            if (\$arg_client_id != "$world_key") {
                return 401 '{"message":"unauthorized: invalid client ID: \$arg_client_id"}';
            }
            if (\$arg_domain = "") {
                return 400 '{"status":[],"errors":[{"code":400,"detail":"no domain","message":"Bad request"}]}';
            }
            return 200 '{"status":[{"domain":"\$arg_domain","zone":"\$zone","status":"\$words","summary":"\$summary"}]}';
        }
        location / {
            return 404 '{"message":"not found"}';
        }
    }
}
NGINX
    : >"$world_dir/paid.log"
    exec setsid nginx -e stderr -p "$dir" -c "$dir/nginx.conf"
}

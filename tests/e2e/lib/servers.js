'use strict';
// The three servers around unverifyd: the bus, DNS, and the status API. All real ones, on
// loopback ports of their own, with every file in a directory of their own.

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { Child, freePort, listening } = require('./process');
const { until } = require('./until');

// The bus --------------------------------------------------------------------------------

/** nats-server on a fixed port, with a store that survives its restarts. */
class Nats {
  static async create(dir, { jetstream = true } = {}) {
    const nats = new Nats();
    nats.dir = path.join(dir, 'nats');
    nats.jetstream = jetstream;
    nats.port = await freePort();
    nats.monitorPort = await freePort();
    nats.url = `nats://127.0.0.1:${nats.port}`;
    return nats;
  }

  async start() {
    const store = this.jetstream ? ['-js', '-sd', this.dir] : [];
    this.child = new Child('nats-server',
      ['-a', '127.0.0.1', '-p', `${this.port}`, '-m', `${this.monitorPort}`, ...store]);
    await listening(this.child, this.port);
    return this;
  }

  /** kill -9: nothing is flushed, no client is told. */
  async kill() { await this.child.stop('SIGKILL'); }

  /** Alive for the kernel, dead for everybody else. */
  freeze() { this.child.signal('SIGSTOP'); }

  thaw() { this.child.signal('SIGCONT'); }

  async stop() { if (this.child) await this.child.stop(); }

  /** How many clients it has. */
  async clients() {
    const answer = await fetch(`http://127.0.0.1:${this.monitorPort}/connz`);
    return (await answer.json()).num_connections;
  }

  /** Every subject any client has subscribed to. */
  async subscriptions() {
    const answer = await fetch(`http://127.0.0.1:${this.monitorPort}/connz?subs=1`);
    const { connections } = await answer.json();
    return (connections || []).flatMap((c) => c.subscriptions_list || []);
  }
}

// DNS ------------------------------------------------------------------------------------

const parentOf = (domain) => domain.slice(domain.indexOf('.') + 1);
const labelOf = (domain) => domain.slice(0, domain.indexOf('.'));

// unverifyd trusts a resolver only if it has these names, and none that is made up.
const CANARIES = ['iana.org', 'example.com', 'example.net'];

/**
 * knotd, authoritative for the zone above each domain. A domain is
 *   delegated   NS records in the zone above
 *   absent      NXDOMAIN
 *   no_data     the name exists there, but has no delegation
 *   broken      a zone of its own that can't be loaded: SERVFAIL
 *   parked      NS records that name servers of expired names
 *   wildcard    for a name like *.ws: the zone ws has an alias for every name
 */
class Dns {
  static async start(dir, domains, name = 'knot') {
    const dns = new Dns();
    dns.dir = path.join(dir, name);
    fs.mkdirSync(dns.dir, { recursive: true });
    dns.domains = new Map([...CANARIES.map((canary) => [canary, 'delegated']), ...domains]);
    dns.serial = 1;
    dns.port = await freePort();
    dns.address = `127.0.0.1:${dns.port}`;
    const zones = new Set([...dns.domains.keys()].map(parentOf));
    const broken = [...dns.domains].filter(([, state]) => state === 'broken');
    zones.forEach((zone) => dns.#writeZone(zone));
    dns.conf = path.join(dns.dir, 'knot.conf');
    fs.writeFileSync(dns.conf, `
server:
    rundir: "${dns.dir}"
    listen: 127.0.0.1@${dns.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "${dns.dir}"
    journal-db-max-size: 16M
    timer-db-max-size: 16M
template:
  - id: default
    storage: "${dns.dir}"
    zonefile-sync: -1
    journal-content: none
zone:
${[...zones].map((zone) => `  - domain: ${zone}.\n    file: ${zone}.zone\n`).join('')}
${broken.map(([name]) => `  - domain: ${name}.\n    file: missing.zone\n`).join('')}
`);
    dns.child = new Child('knotd', ['-c', dns.conf]);
    await listening(dns.child, dns.port);
    // It listens before it has read its zones, and says SERVFAIL until then.
    await until(() => `knotd has loaded ${zones.size} zones:\n${dns.child.tail()}`,
      () => (dns.child.output.match(/ loaded, serial/g) || []).length >= zones.size);
    return dns;
  }

  /** Change what the zone above says of a domain; effective on return. */
  set(domain, state) {
    this.domains.set(domain, state);
    this.serial += 1;
    const zone = parentOf(domain);
    this.#writeZone(zone);
    execFileSync('knotc', ['-c', this.conf, '-b', 'zone-reload', `${zone}.`], {
      stdio: 'pipe',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
  }

  /** From now on (until `deniesAll(false)`) every name is denied, canaries too. */
  deniesAll(does = true) {
    this.isDenying = does;
    this.serial += 1;
    new Set([...this.domains.keys()].map(parentOf)).forEach((zone) => this.#writeZone(zone));
    execFileSync('knotc', ['-c', this.conf, '-b', 'zone-reload'], {
      stdio: 'pipe',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
  }

  /** Takes questions and answers none, until thaw(). */
  freeze() { this.child.signal('SIGSTOP'); }

  thaw() { this.child.signal('SIGCONT'); }

  async stop() { await this.child.stop(); }

  #writeZone(zone) {
    const records = [...this.domains]
      .filter(([name]) => parentOf(name) === zone && !this.isDenying)
      .map(([name, state]) => {
        switch (state) {
          case 'absent': return '';
          case 'wildcard': return `* CNAME elsewhere.${CANARIES[0]}.\n`;
          case 'no_data': return `${labelOf(name)} TXT "not delegated"\n`;
          case 'parked': return `${labelOf(name)} NS ns1.PendingRenewalDeletion.com.\n`;
          case 'delegated':
          case 'broken': return `${labelOf(name)} NS ns1.${name}.\n`;
          default: throw new Error(`no such state: ${state}`);
        }
      });
    fs.writeFileSync(path.join(this.dir, `${zone}.zone`),
      `$ORIGIN ${zone}.\n$TTL 3600\n`
      + `@ SOA ns.${zone}. hostmaster.${zone}. ${this.serial} 3600 600 86400 300\n`
      + `@ NS ns\nns A 127.0.0.1\n${records.join('')}`);
  }
}

// The status API -------------------------------------------------------------------------

let certificates;

/** An authority and a certificate for localhost, made once for all tests of a file. */
function makeCertificates(dir) {
  if (certificates && fs.existsSync(certificates.ca)) return certificates;
  const file = (name) => path.join(dir, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=e2e authority',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign',
    '-keyout', file('ca.key'), '-out', file('ca.pem'));
  openssl('req', ...key, '-subj', '/CN=localhost',
    '-keyout', file('server.key'), '-out', file('server.csr'));
  fs.writeFileSync(file('san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  openssl('x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'),
    '-CAkey', file('ca.key'), '-set_serial', '2', '-days', '2',
    '-extfile', file('san'), '-out', file('server.pem'));
  certificates = { ca: file('ca.pem'), cert: file('server.pem'), key: file('server.key') };
  return certificates;
}

/**
 * nginx with TLS and HTTP/2, answering as Domainr documents. `words` maps a domain to the
 * words of its status, or to one of the failures below; all others are `active`.
 */
class StatusApi {
  static FAILURES = {
    'fails-429': [429, '{"message":"too many requests"}'],
    'fails-500': [500, '{"message":"internal error"}'],
    'fails-errors': [200, '{"status":[],"errors":[{"code":400,"detail":"unknown zone",'
      + '"message":"Bad request"}]}'],
    'fails-empty': [200, '{"status":[]}'],
    'fails-html': [200, '<html>maintenance</html>'],
  };

  static async start(dir, words) {
    const api = new StatusApi();
    api.dir = path.join(dir, 'nginx');
    fs.mkdirSync(api.dir, { recursive: true });
    api.key = 'client-id-that-no-log-may-show';
    api.port = await freePort();
    api.url = `https://localhost:${api.port}`;
    api.log = path.join(api.dir, 'paid.log');
    const tls = makeCertificates(api.dir);
    api.ca = tls.ca;
    const failures = Object.entries(StatusApi.FAILURES).map(([name, [code, body]]) => `
            if ($words = "${name}") { return ${code} '${body}'; }`).join('');
    const map = [...words].map(([name, text]) => `        ${name} "${text}";\n`).join('');
    const conf = path.join(api.dir, 'nginx.conf');
    fs.writeFileSync(api.log, '');
    fs.writeFileSync(conf, `
daemon off;
pid ${api.dir}/pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 256; }
http {
    map_hash_bucket_size 512;
    map_hash_max_size 65536;
    access_log off;
    client_body_temp_path ${api.dir}/body;
    proxy_temp_path ${api.dir}/proxy;
    fastcgi_temp_path ${api.dir}/fastcgi;
    uwsgi_temp_path ${api.dir}/uwsgi;
    scgi_temp_path ${api.dir}/scgi;
    log_format question '$status $server_protocol $arg_domain';
    map $arg_domain $words {
        default "active";
${map}    }
    map $words $summary { "~ ?(?<right_most>[a-z]+)$" $right_most; }
    map $arg_domain $zone { "~^[^.]+\\.(?<above>.+)$" $above; }
    server {
        listen 127.0.0.1:${api.port} ssl http2;
        ssl_certificate ${tls.cert};
        ssl_certificate_key ${tls.key};
        default_type application/json;
        keepalive_requests 100000;
        access_log ${api.log} question;
        location = /v2/status {
            if ($arg_client_id != "${api.key}") {
                return 401 '{"message":"unauthorized: invalid client ID: $arg_client_id"}';
            }${failures}
            return 200 '{"status":[{"domain":"$arg_domain","zone":"$zone","status":"$words","summary":"$summary"}]}';
        }
    }
}
`);
    api.child = new Child('nginx', ['-e', 'stderr', '-p', api.dir, '-c', conf]);
    await listening(api.child, api.port);
    return api;
  }

  /** Every question so far: { status, protocol, domain }. */
  questions() {
    return fs.readFileSync(this.log, 'utf8').split('\n').filter(Boolean).map((line) => {
      const [status, protocol, domain] = line.split(' ');
      return { status: Number(status), protocol, domain };
    });
  }

  /** Accepts connections and answers nothing, until thaw(). */
  freeze() { this.child.signal('SIGSTOP'); }

  thaw() { this.child.signal('SIGCONT'); }

  async stop() { await this.child.stop(); }
}

module.exports = { Nats, Dns, StatusApi };

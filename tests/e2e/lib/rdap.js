'use strict';
// Registries: an RDAP server for .com and its bootstrap file, in this process, on loopback.

const http = require('node:http');

class Registry {
  /** `domains`: { name: { status: [..], registered: text } or a number: that HTTP code }. */
  static async start(domains) {
    const registry = new Registry();
    registry.domains = { ...domains };
    registry.asked = [];
    registry.server = http.createServer((request, response) => registry.answer(request, response));
    await new Promise((resolve) => { registry.server.listen(0, '127.0.0.1', resolve); });
    registry.url = `http://127.0.0.1:${registry.server.address().port}`;
    return registry;
  }

  /** Settings of unverifyd that make it ask here. */
  settings(extra = {}) {
    return { 'rdap.bootstrap_url': `${this.url}/dns.json`, ...extra };
  }

  set(name, what) { this.domains[name] = what; }

  /** How often a domain was asked about. */
  questions(name) { return this.asked.filter((asked) => asked === name).length; }

  answer(request, response) {
    const send = (code, type, body) => {
      response.writeHead(code, { 'Content-Type': type });
      response.end(body);
    };
    if (request.url === '/dns.json') {
      send(200, 'application/json', JSON.stringify({
        version: '1.0', publication: '2026-01-01T00:00:00Z', services: [[['com'], [`${this.url}/com/`]]],
      }));
      return;
    }
    const name = request.url.replace(/^\/com\/domain\//, '');
    this.asked.push(name);
    const what = this.domains[name] === undefined ? 404 : this.domains[name];
    if (typeof what === 'number') {
      send(what, 'application/rdap+json', JSON.stringify({ errorCode: what }));
      return;
    }
    const events = what.registered
      ? [{ eventAction: 'registration', eventDate: what.registered }] : [];
    send(200, 'application/rdap+json', JSON.stringify({
      objectClassName: 'domain', ldhName: name, status: what.status, events,
    }));
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }
}

module.exports = { Registry };

'use strict';
// The program under test.

const fs = require('node:fs');
const path = require('node:path');
const { Child } = require('./process');
const { until } = require('./until');

const root = path.resolve(__dirname, '..', '..', '..');

/** The built program: what the environment names, else the one with sanitizers. */
function binary() {
  const candidates = [process.env.UNVERIFYD, path.join(root, 'build-asan', 'unverifyd'),
    path.join(root, 'build', 'unverifyd')];
  const found = candidates.find((file) => file && fs.existsSync(file));
  if (!found) throw new Error('unverifyd is not built; set UNVERIFYD');
  return found;
}

/** One without sanitizers, for what measures memory. */
function releaseBinary() {
  const candidates = [process.env.UNVERIFYD_RELEASE, path.join(root, 'build', 'unverifyd')];
  return candidates.find((file) => file && fs.existsSync(file));
}

/** Our environment without anything that configures unverifyd or points to another bus. */
function cleanEnvironment(extra = {}) {
  const env = Object.fromEntries(Object.entries(process.env)
    .filter(([name]) => !/^(UNVERIFYD_|NATS_)/.test(name)));
  return { ...env, ...extra };
}

class Daemon {
  /** `settings`: { 'section.key': value }. An empty file keeps /etc out of it. */
  constructor(dir, settings, { program = binary(), env = {} } = {}) {
    const empty = path.join(dir, 'empty.conf');
    fs.writeFileSync(empty, '');
    const args = ['--config', empty];
    for (const [key, value] of Object.entries(settings)) args.push('--set', `${key}=${value}`);
    this.child = new Child(program, args, { env: cleanEnvironment(env) });
  }

  get log() { return this.child.output; }

  get pid() { return this.child.pid; }

  get isRunning() { return this.child.isRunning; }

  /** Wait for a line of the log. */
  async logs(regex, limitMs) {
    await until(() => `${regex} in the log:\n${this.child.tail()}`, () => {
      if (!this.isRunning) throw new Error(`unverifyd ended:\n${this.child.tail()}`);
      return regex.test(this.log);
    }, limitMs);
  }

  /** Highest resident size so far, in bytes. */
  peakMemory() {
    const status = fs.readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)[1]) * 1024;
  }

  /** It is going to end by itself, and that is right. */
  expectEnd() { this.child.isStopping = true; }

  freeze() { this.child.signal('SIGSTOP'); }

  thaw() { this.child.signal('SIGCONT'); }

  async stop() { return this.child.stop('SIGTERM'); }

  async kill() { return this.child.stop('SIGKILL'); }
}

module.exports = { Daemon, binary, releaseBinary, cleanEnvironment };

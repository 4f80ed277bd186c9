'use strict';
// Waiting for a condition, with a limit. Nothing in these tests waits for a time to pass.

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Ask `condition` until it gives something truthy, which is returned. */
async function until(what, condition, limitMs = 20000) {
  const end = Date.now() + limitMs;
  for (let wait = 10; ; wait = Math.min(wait * 1.5, 200)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) {
      const said = typeof what === 'function' ? await what() : what;
      throw new Error(`not within ${limitMs / 1000} s: ${said}`);
    }
    await pause(wait);
  }
}

module.exports = { until, pause };

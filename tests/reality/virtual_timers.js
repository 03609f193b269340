// A clock that stands still until it is told to move: Date, performance.now and the timers of node,
// put in place before a package is loaded. node's own mocked timers come with newer versions only.
//
// Timers fire in the order of their times, those of one time in the order in which they were set;
// what follows from one in microtasks is over before the next fires, as in node.
'use strict';

const START = 1_700_000_000_000; // milliseconds: packages take 0 for "long ago"
const LONGEST = 2 ** 31 - 1; // node fires what is longer, or no number, after a millisecond

const immediate = setImmediate;
const RealDate = Date;
const timers = new Set();
let now = START;
let sequence = 0;

class Timer {
  constructor(callback, delay, words, repeats) {
    const milliseconds = Number(delay);
    this.delay = milliseconds >= 1 && milliseconds <= LONGEST ? Math.trunc(milliseconds) : 1;
    this.callback = callback;
    this.words = words;
    this.repeats = repeats;
    this.arm();
  }
  arm() {
    this.due = now + this.delay;
    this.order = sequence++;
    timers.add(this);
  }
  refresh() {
    this.arm();
    return this;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
}

globalThis.setTimeout = (callback, delay, ...words) => new Timer(callback, delay, words, false);
globalThis.setInterval = (callback, delay, ...words) => new Timer(callback, delay, words, true);
globalThis.clearTimeout = globalThis.clearInterval = (timer) => {
  if (timer) timer.repeats = false;
  timers.delete(timer);
};
globalThis.Date = class extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(now);
    else super(...words);
  }
  static now() {
    return now;
  }
};
Object.defineProperty(globalThis, 'performance', { value: { now: () => now - START } });

/** Lets everything happen that waits for nothing but its turn. */
function settle() {
  return new Promise((resolve) => immediate(resolve));
}

/**
 * Moves the clock to a number of milliseconds after the start, firing what is due on the way.
 * @param between  Called whenever everything has happened at one moment.
 */
async function advance(to, between = () => {}) {
  for (;;) {
    let next = null;
    for (const timer of timers)
      if (!next || timer.due < next.due || (timer.due === next.due && timer.order < next.order))
        next = timer;
    if (!next || next.due > START + to) break;
    now = next.due;
    timers.delete(next);
    next.callback(...next.words);
    if (next.repeats) next.arm();
    await settle();
    between();
  }
  now = START + to;
}

/** Forgets all timers and begins anew. */
function reset() {
  timers.clear();
  now = START;
}

/**
 * Reads runs from standard input, plays them one after the other and writes what came of each.
 * @param play  (run) => what is to be written
 */
function main(play) {
  const runs = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  (async () => {
    const results = [];
    for (const run of runs) {
      reset();
      results.push(await play(run));
    }
    require('fs').writeSync(1, JSON.stringify(results));
  })().catch((error) => {
    console.error(error);
    process.exit(1);
  });
}

module.exports = { START, advance, main, settle };

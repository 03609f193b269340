// Plays calls through the circuit breakers and the bulkhead of opossum and cockatiel, on a clock
// that stands still between them.
//
// A run: product, options, draws (what Math.random gives), calls [at, succeeds, lasts] in
// milliseconds, where `lasts` is null for a call that ends at once. The answers, one a call: whether
// it went out and the state as it was when that was decided.
'use strict';

const { advance, main, settle } = require('./virtual_timers.js');
const CircuitBreaker = require('opossum');
const cockatiel = require('cockatiel');

const GENERATORS = {
  none: cockatiel.noJitterGenerator,
  full: cockatiel.fullJitterGenerator,
  half: cockatiel.halfJitterGenerator,
  decorrelated: cockatiel.decorrelatedJitterGenerator,
};

// What a call does where it goes out.
function act(call) {
  call.out = true;
  if (call.lasts === null)
    return call.succeeds ? Promise.resolve() : Promise.reject(new Error('failed'));
  return new Promise((resolve, reject) => {
    setTimeout(() => (call.succeeds ? resolve() : reject(new Error('failed'))), call.lasts);
  });
}

function opossum(options) {
  const breaker = new CircuitBreaker(act, options);
  return {
    execute: (call) => breaker.fire(call),
    state: () => (breaker.opened ? 'open' : breaker.halfOpen ? 'half_open' : 'closed'),
  };
}

function halfOpenAfter(options) {
  if (options.generator)
    return new cockatiel.ExponentialBackoff({
      generator: GENERATORS[options.generator],
      initialDelay: options.initialDelay,
      maxDelay: options.maxDelay,
      exponent: options.exponent,
    });
  const pauses = options.pauses;
  return pauses.length === 1 ? pauses[0] : new cockatiel.IterableBackoff(pauses);
}

function circuit(breaker, options) {
  const policy = cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: halfOpenAfter(options),
    breaker,
  });
  const names = ['closed', 'open', 'half_open', 'isolated'];
  return {
    execute: (call) => policy.execute(() => act(call)),
    state: () => names[policy.state],
  };
}

const PRODUCTS = {
  opossum,
  cockatiel_consecutive: (options) =>
    circuit(new cockatiel.ConsecutiveBreaker(options.threshold), options),
  cockatiel_count: (options) => circuit(new cockatiel.CountBreaker(options.breaker), options),
  cockatiel_sampling: (options) => circuit(new cockatiel.SamplingBreaker(options.breaker), options),
  // A full bulkhead rejects; whoever waits may go out much later.
  cockatiel: (options) => {
    const policy = cockatiel.bulkhead(options.limit, options.queue);
    return {
      execute: (call) => policy.execute(() => act(call)),
      state: () => String(Date.now()),
    };
  },
};

async function play(run) {
  let drawn = 0;
  Math.random = () => run.draws[drawn++];
  const product = PRODUCTS[run.product](run.options);
  const answers = [];
  const undecided = new Set();
  const look = () => {
    for (const call of undecided) {
      if (!call.out && !call.rejected) continue;
      undecided.delete(call);
      answers[call.number] = [Boolean(call.out), product.state()];
    }
  };
  for (const [at, succeeds, lasts] of run.calls) {
    await advance(at, look);
    const call = { number: answers.length, succeeds, lasts, out: false, rejected: false };
    answers.push(null);
    undecided.add(call);
    product.execute(call).catch(() => (call.rejected = true));
    await settle();
    look();
  }
  // Those that wait are decided as the others end.
  for (let at = run.calls[run.calls.length - 1][0]; undecided.size > 0; at += 1000)
    await advance(at, look);
  return { answers, drawn };
}

main(play);

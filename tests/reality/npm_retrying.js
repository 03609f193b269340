// Pauses between tries, gRPC's retry throttle and its header, as cockatiel and grpc-js make them.
//
// A run says what it is about; the answers are the numbers or texts that the package came to.
'use strict';

const { START, main } = require('./virtual_timers.js');
const cockatiel = require('cockatiel');
const { RetryThrottler, RetryingCall } = require('@grpc/grpc-js/build/src/retrying-call');
const { BackoffTimeout } = require('@grpc/grpc-js/build/src/backoff-timeout');
const { getDeadlineTimeoutString } = require('@grpc/grpc-js/build/src/deadline');

const GENERATORS = {
  cockatiel_none: cockatiel.noJitterGenerator,
  cockatiel_full: cockatiel.fullJitterGenerator,
  cockatiel_half: cockatiel.halfJitterGenerator,
  decorrelated_v2: cockatiel.decorrelatedJitterGenerator,
};

// Milliseconds, one pause a draw.
function pauses(run) {
  let drawn = 0;
  Math.random = () => run.draws[drawn];
  const list = [];
  let step;
  if (run.kind === 'grpc_retry') {
    // Its constructor takes a channel; the two methods that make a pause look at no more than this.
    const retryPolicy = {
      maxBackoff: run.max / 1000 + 's',
      backoffMultiplier: run.multiplier,
    };
    const call = Object.create(RetryingCall.prototype);
    call.callConfig = { methodConfig: { retryPolicy } };
    call.nextRetryBackoffSec = run.initial / 1000;
    step = () => call.getNextRetryBackoffMs();
  } else if (run.kind === 'grpc_js_connection') {
    const options = { initialDelay: run.initial, maxDelay: run.max, multiplier: run.multiplier };
    const timeout = new BackoffTimeout(() => {}, { ...options, jitter: run.jitter });
    timeout.runTimer = (delay) => (timeout.ran = delay);
    step = () => {
      timeout.runOnce();
      return timeout.ran;
    };
  } else {
    let backoff = new cockatiel.ExponentialBackoff({
      generator: GENERATORS[run.kind],
      initialDelay: run.initial,
      maxDelay: run.max,
      exponent: run.multiplier,
    });
    step = () => (backoff = backoff.next({})).duration;
  }
  for (; drawn < run.draws.length; ++drawn) list.push(step());
  return list;
}

function throttle(run) {
  const throttler = new RetryThrottler(run.maxTokens, run.tokenRatio);
  return run.results.map((result) => {
    if (result === 'success') throttler.addCallSucceeded();
    if (result === 'failure' || result === 'timeout') throttler.addCallFailed();
    return [throttler.canRetryCall(), throttler.tokens];
  });
}

function headers(run) {
  return run.milliseconds.map((left) => getDeadlineTimeoutString(START + left));
}

main((run) => ({ pauses, throttle, headers })[run.about](run));

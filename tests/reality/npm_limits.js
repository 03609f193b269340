// Plays requests through rate-limiter-flexible's RateLimiterMemory on a clock that stands still
// between them.
//
// A run: options, requests [at, cost] in milliseconds. The answers, one a request: whether it was
// let through, milliseconds until it was, points left and milliseconds to the next.
'use strict';

const { START, advance, main, settle } = require('./virtual_timers.js');
const { RateLimiterMemory } = require('rate-limiter-flexible');

async function play(run) {
  const limiter = new RateLimiterMemory(run.options);
  const answers = [];
  for (const [at, cost] of run.requests) {
    await advance(at);
    const number = answers.length;
    const answer = (admitted) => (result) => {
      const delay = Date.now() - START - at;
      answers[number] = [admitted, delay, result.remainingPoints, result.msBeforeNext];
    };
    answers.push(null);
    limiter.consume('key', cost).then(answer(true), answer(false));
    await settle();
  }
  await advance(run.requests[run.requests.length - 1][0] + 2 ** 32);
  return answers;
}

main(play);

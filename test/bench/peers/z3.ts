import { init } from 'z3-solver';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';

/**
 * `node z3.ts`: reads questions about pairs as JSON (see ../verifier-peer.ts), asks of each whether some packet is delivered that is
 * not authorised, and the other way, and prints for each how many milliseconds that took. Making the formula counts, as it does for
 * who judges a pair anew; starting the solver does not.
 */
const questions = JSON.parse(await text(process.stdin));
const { Context } = await init();
const z3 = new Context('isoledger');
const header = {
  src: z3.BitVec.const('src', 32),
  dst: z3.BitVec.const('dst', 32),
  protocol: z3.BitVec.const('protocol', 8),
  port: z3.BitVec.const('port', 16),
};
const answers = [];
for (const question of questions) {
  const began = performance.now();
  const excess = await isPossible(deliveredBy(question), z3.Not(authorisedBy(question)));
  const missing = await isPossible(authorisedBy(question), z3.Not(deliveredBy(question)));
  answers.push({ ms: performance.now() - began, excess, missing });
}
process.stdout.write(`${JSON.stringify(answers)}\n`, () => {
  // Its threads would keep the process.
  process.exit(0);
});

async function isPossible(...formulas) {
  const solver = new z3.Solver();
  solver.add(...formulas);
  return (await solver.check()) === 'sat';
}

function deliveredBy({ src, dst, egress, ingress }) {
  return z3.And(isAmong(header.src, src), isAmong(header.dst, dst), anyOf(egress), anyOf(ingress));
}

function authorisedBy({ src, dst, authorised }) {
  return z3.And(isAmong(header.src, src), isAmong(header.dst, dst), anyOf(authorised));
}

function anyOf(clauses) {
  return z3.Or(z3.Bool.val(false), ...clauses.map(clause));
}

function clause({ protocol, ports }) {
  const isOf = protocol === null ? z3.Bool.val(true) : header.protocol.eq(z3.BitVec.val(protocol, 8));
  if (ports === null) return isOf;
  const inRange = ([first, last]) =>
    z3.And(header.port.uge(z3.BitVec.val(first, 16)), header.port.ule(z3.BitVec.val(last, 16)));
  return z3.And(isOf, z3.Or(z3.Bool.val(false), ...ports.map(inRange)));
}

function isAmong(address, prefixes) {
  const isIn = ({ base, length }) => {
    if (length === 0) return z3.Bool.val(true);
    const shift = z3.BitVec.val(32 - length, 32);
    return address.lshr(shift).eq(z3.BitVec.val(base, 32).lshr(shift));
  };
  return z3.Or(z3.Bool.val(false), ...prefixes.map(isIn));
}

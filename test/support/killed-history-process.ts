import files from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { ManualClock } from '../doubles/manual-clock.ts';
import { verifyInterval } from '../../src/verify/verify-interval.ts';
import { after } from '../unit/isolation/history.ts';
import { ledgerOf } from '../unit/isolation/ledger-of.ts';
import { Dice } from '../unit/isolation/random-estate.ts';
import { seesawTale } from '../unit/isolation/seesaw.ts';

// Asks about a whole ledger, keeps what an engine comes to, and kills itself at one of the moments while that is written.

const [folder = '', last = ''] = process.argv.slice(2);

let left = Number(last);

function killing<Args extends readonly unknown[]>(deed: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    left -= 1;
    deed(...args);
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    left -= 1;
  };
}

files.renameSync = killing(files.renameSync);
syncBuiltinESMExports();

const { history } = seesawTale(new Dice(3));
const clock = new ManualClock(after(90, history.now));
const kept = { folder, engine: 'the engine' };
await verifyInterval(ledgerOf(history), {
  lane: 'applied',
  clock,
  history: kept,
  onProgress: killing(() => undefined),
});

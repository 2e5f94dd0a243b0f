import { existsSync } from 'node:fs';
import { filesOfState, placesIn } from '../../ledger/derived.ts';
import { categoryOf } from '../../runtime/errors.ts';
import { placeOf } from '../advice/ledger-place.ts';
import { adviceOnRemains } from '../advice/on-finding.ts';
import type { Examination } from '../examination.ts';
import { checkDisk, checkFolders, checkNode } from './check-machine.ts';
import { checkExposures } from './check-exposures.ts';
import { checkHistory } from './check-history.ts';
import { checkLedger } from './check-ledger.ts';
import { checkOverlay } from './check-overlay.ts';
import { checkRoles } from './check-roles.ts';
import { checkServer, unreachable } from './check-server.ts';
import { attempt, fail, failed, ok, warn, type Check } from './check.ts';

/** Hears how many of the ledger's entries are read. */
export type OnEntry = (done: number, of: number) => void;

/**
 * Every check, in the order in which one rests on another. Nothing is written. `examine` looks at the place of the ledger;
 * a fault that it throws is a failed check, and ends the checks.
 */
export async function diagnose(
  examine: () => Promise<Examination>,
  { onEntry }: { onEntry: OnEntry },
): Promise<Check[]> {
  const checks = [checkNode()];
  try {
    const examination = await examine();
    checks.push(await attempt('folders', () => checkFolders(examination)));
    checks.push(await attempt('disk', () => checkDisk(examination)));
    checks.push(...(await checkServer(examination)));
    checks.push(...(await checkWhatIsThere(examination, onEntry)), ...(await checkRoles(examination)));
  } catch (error) {
    const isUnreachable = categoryOf(error) === 'unreachable';
    checks.push(
      isUnreachable
        ? unreachable(error)
        : failed('configuration', error, { doing: 'reading the configuration' }),
    );
  }
  return checks;
}

async function checkWhatIsThere(examination: Examination, onEntry: OnEntry): Promise<Check[]> {
  const clock = badClock(examination);
  if (!examination.isThere) return [checkAbsent(examination), ...(clock === undefined ? [] : [clock])];
  if (clock !== undefined) return [clock];
  for (let reading = 1; ; reading += 1) {
    const { checks, disturbed } = await examineOnce(examination, onEntry);
    // Somebody opened the ledger for writing while it was read as one at rest: it is read anew.
    const isSound = checks.every(({ status }) => status === 'ok');
    if (isSound || !disturbed || reading === readingsMax) return checks;
  }
}

/** How often a ledger is read that others begin to write to, and leave. */
const readingsMax = 4;

/** A clock that shows what cannot be; undefined for any other. Whatever is judged as of now cannot be judged by it. */
function badClock({ clock }: Examination): Check | undefined {
  try {
    clock.now();
    return undefined;
  } catch (error) {
    return failed('clock', error);
  }
}

function checkAbsent({ where, derived, companions }: Examination): Check {
  const detail = `there is none at ${where}`;
  const { statePath, overlay } = placesIn(derived);
  const left = [...companions, ...Object.values(filesOfState(statePath)), overlay].filter((file) =>
    existsSync(file),
  );
  if (left.length === 0) return warn('ledger', `${detail} yet`, 'isoledger apply DIR creates it');
  return fail(
    'ledger',
    `${detail}, but ${left.join(', ')} ${left.length === 1 ? 'was' : 'were'} left of one`,
    {
      advice: adviceOnRemains(derived),
      category: 'integrity',
    },
  );
}

async function examineOnce(
  examination: Examination,
  onEntry: OnEntry,
): Promise<{ checks: Check[]; disturbed: boolean }> {
  try {
    const opened = await examination.open();
    try {
      const { ledger } = opened;
      const checks: Check[] = [ok('ledger', `${ledger.id} at ${examination.where}`)];
      const read = await checkLedger(examination, { opened, onEntry });
      checks.push(...read.checks);
      if (read.estate !== undefined) {
        const { estate } = read;
        checks.push(
          ...(await checkOverlay(examination, { ledger, estate }).catch((error: unknown) => [
            failed('overlay', error, { place: placeOf(examination) }),
          ])),
        );
        checks.push(await attempt('history', () => checkHistory(examination, ledger)));
        checks.push(...(await checkExposures({ ledger, clock: examination.clock })));
      } else
        checks.push(
          warn('overlay', 'not looked at, since the entries cannot be relied upon', 'mend the ledger first'),
        );
      return { checks, disturbed: opened.wasDisturbed() };
    } finally {
      await opened.ledger.close();
    }
  } catch (error) {
    const check = failed('ledger', error, { doing: 'opening the ledger', place: placeOf(examination) });
    return { checks: [check], disturbed: false };
  }
}

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** A process, and when it began, so that another one with its number is not taken for it. */
export interface ProcessMark {
  readonly pid: number;
  /** In ticks since the machine was started: field 22 of /proc/PID/stat (proc(5)). */
  readonly startTicks: string;
}

/** The environment variable by which a lab knows every process that it started, and what these started. */
export const tokenVariable = 'ISOLEDGER_LAB_TOKEN';

/** The mark of a process that is there now; undefined if none is, or only its exit code is left. */
export function markOf(pid: number): ProcessMark | undefined {
  const fields = statOf(pid);
  const [state, startTicks] = [fields?.[0], fields?.[19]];
  return startTicks === undefined || state === 'Z' || state === 'X' ? undefined : { pid, startTicks };
}

export function isAlive(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.startTicks === mark.startTicks;
}

/** Sends a signal to that very process; false if it is gone. */
export function signalTo(mark: ProcessMark, signal: NodeJS.Signals): boolean {
  if (!isAlive(mark)) return false;
  try {
    return process.kill(mark.pid, signal);
  } catch {
    return false;
  }
}

/** Waits until none of them is there; false if some still are after that time. */
export async function haveEnded(marks: readonly ProcessMark[], withinMs: number): Promise<boolean> {
  for (let waitedMs = 0; marks.some(isAlive); waitedMs += pollMs) {
    if (waitedMs >= withinMs) return false;
    await pause(pollMs);
  }
  return true;
}

const pollMs = 10;

/** Processes that a lab with this token started, this one aside. */
export function processesOf(token: string): ProcessMark[] {
  const entry = `${tokenVariable}=${token}`;
  return processesWith((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(entry));
}

/** Processes in network namespaces with these inode numbers. */
export function processesIn(namespaces: ReadonlySet<number>): ProcessMark[] {
  const links = new Set([...namespaces].map((inode) => `net:[${String(inode)}]`));
  return processesWith((pid) => links.has(readlinkSync(`/proc/${pid}/ns/net`)));
}

function processesWith(holds: (pid: string) => boolean): ProcessMark[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        return holds(pid) ? (markOf(Number(pid)) ?? []) : [];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

/** The fields of /proc/PID/stat after the name, which may itself hold blanks and brackets: the state first. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../../../runtime/clock.ts';
import { foundText } from '../../../runtime/found-text.ts';
import { reasonOf } from '../../../runtime/system-reason.ts';
import { OverlayUnavailable } from '../../faults.ts';

export interface OfctlTarget {
  /** Where a bridge speaks OpenFlow now, as ovs-ofctl takes it: `unix:PATH` or `ssl:HOST:PORT`. */
  readonly target: () => string;
  /** Paths of files, for TLS. ovs-ofctl checks who signed the switch's certificate, and not whom it names. */
  readonly certificates?: {
    readonly privateKey: string;
    readonly certificate: string;
    readonly caCertificate: string;
  };
  readonly clock: Clock;
  /** The longest time that one call may take, in milliseconds; 30,000 by default. */
  readonly answerMs?: number;
}

/** An error message of OpenFlow that ovs-ofctl printed: its name, and the request that it is about. */
interface OpenFlowError {
  readonly name: string;
  readonly about: string;
}

/** A switch does not take a bundle. Nothing of it was done. */
export class BundleRefused extends OverlayUnavailable {
  readonly errors: readonly OpenFlowError[];

  constructor(target: string, errors: readonly OpenFlowError[]) {
    const words = errors.map(({ name, about }) => `${name} for ${about}`).join('; ');
    super(`${target} refuses a change of its flows: ${foundText(words, wordsMax)}`);
    this.errors = errors;
  }
}

const answerMsDefault = 30_000;

/** The most characters of a program's own words that are told. */
const wordsMax = 500;

/** The most characters of a program's complaints that are kept. */
const complaintsMax = 65_536;

/** The longest line that is taken: a message of OpenFlow has at most 64 KiB, which is some three times that as text. */
const lineMax = 1_048_576;

/**
 * ovs-ofctl, the program of Open vSwitch that speaks OpenFlow. It is started without a shell; flows go to its standard input,
 * so that no length or content of theirs matters to the system. Every call throws OverlayUnavailable where the program or
 * the switch does not answer; nobody knows then whether a change was made.
 */
export class Ofctl {
  readonly #at: OfctlTarget;

  constructor(at: OfctlTarget) {
    this.#at = at;
  }

  get words(): string {
    return this.#at.target();
  }

  /**
   * Carries out all lines of a bundle (`flow add ...`, `group modify ...`), or none. They were written whole before the program
   * begins: what is cut off by the end of this process is no bundle of its own. Throws BundleRefused.
   */
  async bundle(input: FileHandle): Promise<void> {
    const { code, complaints } = await this.#run(['bundle', '-'], { input });
    if (code === 0) return;
    const errors = openFlowErrors(complaints);
    throw errors.length === 0
      ? this.#failed('does not take a change of its flows', complaints)
      : new BundleRefused(this.words, errors);
  }

  /** Gives each line of a dump to `take`: of all flows, or of those that a filter like `table=8,reg7=1` names. */
  dumpFlows(take: (line: string) => void, filter?: string): Promise<void> {
    return this.#dump(['--no-stats'], { take, filter });
  }

  /** As dumpFlows, with the counters of each flow. */
  dumpCounters(take: (line: string) => void, filter: string): Promise<void> {
    return this.#dump([], { take, filter });
  }

  async #dump(
    options: readonly string[],
    { take, filter }: { take: (line: string) => void; filter: string | undefined },
  ): Promise<void> {
    const { code, complaints } = await this.#run(
      [...options, '--no-names', 'dump-flows', ...(filter === undefined ? [] : [filter])],
      { take },
    );
    if (code !== 0) throw this.#failed('does not tell its flows', complaints);
  }

  /** What meters the switch can have, in the words of the program. */
  async meterFeatures(): Promise<string> {
    let answer = '';
    const { code, complaints } = await this.#run(['meter-features'], {
      take: (line) => {
        answer += `${line}\n`;
      },
    });
    if (code !== 0) throw this.#failed('does not tell what meters it can have', complaints);
    return answer;
  }

  #failed(what: string, complaints: string): OverlayUnavailable {
    return new OverlayUnavailable(
      `${this.words} ${what}: ${foundText(complaints.trim() || 'ovs-ofctl failed without a word', wordsMax)}`,
    );
  }

  async #run(args: readonly string[], { input, take = ignored }: ProgramIo): Promise<Ended> {
    const { clock, answerMs = answerMsDefault } = this.#at;
    const target = this.words;
    const child = spawn('ovs-ofctl', this.#withTarget(args, target), {
      env: { ...process.env, LC_ALL: 'C' },
      stdio: [input?.fd ?? 'ignore', 'pipe', 'pipe'],
    });
    const stop = new AbortController();
    try {
      const ended = followed(child, take);
      const isLate = clock.sleep(answerMs, stop.signal).then(() => undefined);
      const first = await Promise.race([ended, isLate]);
      if (first !== undefined) return first;
      ended.catch(() => undefined);
      throw new OverlayUnavailable(`${target} does not answer within ${String(answerMs)} ms`);
    } catch (error) {
      throw programFault(error, target);
    } finally {
      stop.abort();
      child.kill('SIGKILL');
    }
  }

  /** The switch is named behind what is asked of it. */
  #withTarget(args: readonly string[], target: string): string[] {
    const { certificates } = this.#at;
    const secrets =
      certificates === undefined
        ? []
        : [
            `--private-key=${certificates.privateKey}`,
            `--certificate=${certificates.certificate}`,
            `--ca-cert=${certificates.caCertificate}`,
          ];
    const words = [...args];
    words.splice(args.findIndex((word) => !word.startsWith('-')) + 1, 0, target);
    return ['--protocols=OpenFlow15', '-vconsole:err', ...secrets, ...words];
  }
}

interface ProgramIo {
  /** What it reads; nothing if none is given. */
  readonly input?: FileHandle;
  /** Takes what it writes, line by line. */
  readonly take?: (line: string) => void;
}

interface Ended {
  readonly code: number | null;
  readonly complaints: string;
}

const ignored = (): undefined => undefined;

/** Reads from a process until it ends. */
async function followed(child: ChildProcess, take: (line: string) => void): Promise<Ended> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('a program without pipes');
  let complaints = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaints.length < complaintsMax) complaints += text;
  });
  await Promise.all([once(child, 'close'), readLines(stdout, take)]);
  return { code: child.exitCode, complaints };
}

async function readLines(from: Readable, take: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('latin1');
  let rest = '';
  for await (const chunk of from) {
    if (!(chunk instanceof Buffer)) throw new Error('no bytes');
    const text = rest + decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      take(text.slice(start, end));
      start = end + 1;
    }
    rest = text.slice(start);
    if (rest.length > lineMax) throw new OverlayUnavailable('ovs-ofctl writes a line without an end');
  }
  if (rest !== '') take(rest);
}

/** Errors as ovs-ofctl prints them: the request follows in the same line, or in the next one. */
function openFlowErrors(complaints: string): OpenFlowError[] {
  const found = complaints.matchAll(/^Error (OF\w+) for: ([^\n]*)((?:\n [^\n]*)*)/gm);
  const errors = Array.from(found, ([, name = '', about = '', more = '']) => ({
    name,
    about: `${about}${more}`.replaceAll(/\s+/g, ' ').trim(),
  }));
  // That the bundle failed as a whole says nothing beside the reason.
  const reasons = errors.filter(({ name }) => name !== 'OFPBFC_MSG_FAILED');
  return reasons.length > 0 ? reasons : errors;
}

function programFault(error: unknown, target: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof OverlayUnavailable) return error;
  if (error.code === 'ENOENT')
    return new OverlayUnavailable(
      `${target} cannot be asked: ovs-ofctl is not installed here (Debian: apt-get install openvswitch-common)`,
      error,
    );
  return new OverlayUnavailable(`${target} cannot be asked by ovs-ofctl: ${reasonOf(error)}`, error);
}

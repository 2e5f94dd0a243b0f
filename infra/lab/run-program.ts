import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { LabInterrupted, LabUnavailable } from './faults.ts';
import { tokenVariable } from './processes.ts';

/** Whose work a program does: its processes are known by the token, and are ended when the signal is aborted. */
export interface OnBehalf {
  readonly token: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Text for its standard input; none if left out. */
  readonly input?: string;
  /** Its words go straight to this process's stderr, and are not in the answer. */
  readonly isHeard?: boolean;
  /** After this time it is ended. */
  readonly timeoutMs?: number;
}

/** Runs a program, without a shell, to its end. Throws LabUnavailable if it cannot be started. */
export function run(of: OnBehalf, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, input = '', isHeard = false, timeoutMs } = options;
  const [program = '', ...rest] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  if (of.signal?.aborted === true) return Promise.reject(new LabInterrupted());
  const child = spawn(program, rest, {
    env: { ...process.env, PATH: searchPath(), ...env, [tokenVariable]: of.token },
    stdio: ['pipe', isHeard ? 2 : 'pipe', isHeard ? 2 : 'pipe'],
    ...(of.signal === undefined ? {} : { signal: of.signal }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' }),
  });
  const said = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  child.on('error', (cause) => {
    reject(
      of.signal?.aborted === true
        ? new LabInterrupted()
        : new LabUnavailable(`${program} cannot be started: ${cause.message}`, { cause }),
    );
  });
  child.on('close', (code) => {
    resolve({ code: code ?? -1, ...said });
  });
  // A program that ends without reading is judged by its exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return promise;
}

/** Where programs are looked for: also where those of root are, which not every shell of root names. */
export function searchPath(): string {
  return [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter);
}

/** As run; throws LabUnavailable, with what it said, unless it ends with 0. */
export async function succeed(
  of: OnBehalf,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, out, err } = await run(of, argv, options);
  if (code === 0) return out;
  const words = (err || out).trim().split('\n').slice(0, 3).join('; ');
  throw new LabUnavailable(`${argv.slice(0, 6).join(' ')} ended with ${String(code)}: ${words}`);
}

/** Runs lines of `ip` at once, in a namespace if one is named. The first that fails ends it, and throws LabUnavailable. */
export async function ip(of: OnBehalf, lines: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  if (lines.length > 0)
    await succeed(of, ['ip', ...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** How many programs the lab runs at a time: they are short, and wait for the kernel more than for a processor. */
export const atOnce = 8;

/**
 * Runs a program once for each list of words. Words are names of the lab's own making, addresses and options: none of them
 * holds a blank or a quote. One process starts all, which takes a third of the time. Throws LabUnavailable if one fails.
 */
export async function runEach(of: OnBehalf, program: string, lists: readonly string[][]): Promise<void> {
  if (lists.length === 0) return;
  const strange = lists.flat().find((word) => !/^[\w./:=-]+$/.test(word));
  if (strange !== undefined) throw new Error(`${JSON.stringify(strange)} is no word for xargs`);
  const argv = ['xargs', '--max-lines=1', `--max-procs=${String(atOnce)}`, '--', program];
  await succeed(of, argv, { input: `${lists.map((words) => words.join(' ')).join('\n')}\n` });
}

/** Settings of the kernel for namespaces: `net.ipv4.ip_forward=0`. */
export async function sysctl(
  of: OnBehalf,
  namespaces: readonly string[],
  settings: readonly string[],
): Promise<void> {
  await inEach(of, namespaces, ['sysctl', '-q', '-w', ...settings]);
}

/** Runs a program in the network of each namespace. Unlike `ip netns exec`, it leaves the mounts alone, which is fast. */
export async function inEach(
  of: OnBehalf,
  namespaces: readonly string[],
  argv: readonly string[],
): Promise<void> {
  await runEach(
    of,
    'nsenter',
    namespaces.map((namespace) => [`--net=${namespacePath(namespace)}`, '--', ...argv]),
  );
}

/** The place where `ip netns` keeps a namespace (ip-netns(8)). */
export function namespacePath(namespace: string): string {
  return `/run/netns/${namespace}`;
}

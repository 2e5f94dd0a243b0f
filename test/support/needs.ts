import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';

/** Something that a suite needs of the machine and that not every machine has. */
export interface Need {
  /** In words: `ovsdb-server`, `root`. */
  readonly what: string;
  /** In words, how to get it. */
  readonly how: string;
  readonly isMet: boolean;
}

/** What a suite lacked that did not run. The reporter of needs-reporter.ts tells it. */
export interface Lack {
  readonly what: string;
  readonly how: string;
}

declare module 'vitest' {
  interface TaskMeta {
    lacks?: readonly Lack[];
  }
}

/** Where servers are that ordinary accounts of Debian do not look for. */
const serverFolders = ['/usr/sbin', '/sbin'];

/** The path of a command, undefined where there is none. */
function findCommand(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...serverFolders].map((folder) => join(folder, name)).find(mayRun);
}

function mayRun(path: string): boolean {
  return may(path, constants.X_OK);
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** A command, by its name, and the Debian package that brings it. */
export function command(name: string, debianPackage: string): Need & { readonly path: string } {
  const path = findCommand(name);
  return {
    what: name,
    how: `apt-get install ${debianPackage}`,
    isMet: path !== undefined,
    path: path ?? name,
  };
}

/** For network namespaces and what stands in them. */
export const root: Need = { what: 'root', how: 'run it as root', isMet: process.geteuid?.() === 0 };

/** The device by which a switch in user space takes part in the network of its machine. */
export const tun: Need = {
  what: '/dev/net/tun',
  how: 'give the machine that device (modprobe tun; in a container: --device /dev/net/tun --cap-add NET_ADMIN)',
  isMet: may('/dev/net/tun', constants.R_OK | constants.W_OK),
};

/** Whether nothing may be missing here. */
const isContinuousIntegration = !['', '0', 'false'].includes(process.env['CI'] ?? '');

/**
 * A suite that needs something of the machine. Where that is missing the suite does not run: the last lines of the test
 * run say so, and with `CI=true` it fails.
 */
export function describeNeeding(needs: readonly Need[], name: string, suite: () => void): void {
  const lacks = needs.filter(({ isMet }) => !isMet).map(({ what, how }): Lack => ({ what, how }));
  if (lacks.length === 0) {
    describe(name, suite);
    return;
  }
  const words = lacks.map(({ what, how }) => `${what} (${how})`).join(', ');
  if (isContinuousIntegration) {
    it(`${name}: has what it needs`, () => {
      throw new Error(`with CI set every suite has to run, and this one lacks ${words}`);
    });
    return;
  }
  describe.skip(name, { meta: { lacks } }, () => {
    it(`needs ${words}`, () => undefined);
  });
}

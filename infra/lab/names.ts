import { UsageError } from '../../src/runtime/errors.ts';

/** Letters and digits only, so that no two labs give one name to two namespaces. */
const labNamePattern = /^[a-z0-9]{1,16}$/;

/** The most characters of a namespace's name: `ip netns list` and prompts stay readable. A file name may have 255. */
const namespaceLengthMax = 60;

/** The name that is given, if a lab may have it; throws UsageError else. */
export function labName(given: string): string {
  if (labNamePattern.test(given)) return given;
  throw new UsageError(
    `a lab's name is 1 to 16 small letters and digits, and ${JSON.stringify(given)} is not`,
  );
}

/**
 * Names of namespaces: `il-LAB-h-HOST`, `il-LAB-w-TENANT.ENDPOINT`, `il-LAB-x-EXTERNAL`. One that would be longer than 60
 * characters has its number in place of the name, after an underscore, which no name of a document holds: `il-LAB-w_17`.
 */
export class NamespaceNames {
  readonly #lab: string;

  constructor(lab: string) {
    this.#lab = lab;
  }

  /** The namespace in which the hosts' underlay devices meet. */
  get underlay(): string {
    return `il-${this.#lab}-u`;
  }

  host(name: string, index: number): string {
    return this.#named('h', { name, index });
  }

  endpoint(tenantAndName: string, index: number): string {
    return this.#named('w', { name: tenantAndName.replace('/', '.'), index });
  }

  external(name: string, index: number): string {
    return this.#named('x', { name, index });
  }

  #named(letter: string, { name, index }: { name: string; index: number }): string {
    const spelt = `il-${this.#lab}-${letter}-${name}`;
    return spelt.length <= namespaceLengthMax ? spelt : `il-${this.#lab}-${letter}_${String(index)}`;
  }
}

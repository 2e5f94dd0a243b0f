import type { OverlayDriver } from './port.ts';

/** What a driver is asked of a host that ends with its answer. To watch one goes on. */
type HostCall = Exclude<keyof OverlayDriver, 'name' | 'tidy' | 'watch'>;

/** What each call passes through on its way to a host, and its answer on the way back. */
type PassCall = <Answer>(host: string, ask: () => Promise<Answer>, call: HostCall) => Promise<Answer>;

/** A driver whose calls pass through something. It is able to do what the driver is, and watches hosts as that does. */
export function driverThrough(driver: OverlayDriver, pass: PassCall): OverlayDriver {
  const drops = driver.drops?.bind(driver);
  const means = driver.means?.bind(driver);
  const tidy = driver.tidy?.bind(driver);
  const watch = driver.watch?.bind(driver);
  return {
    name: driver.name,
    mark: (host) => pass(host, () => driver.mark(host), 'mark'),
    read: (host, expected) => pass(host, () => driver.read(host, expected), 'read'),
    apply: (host, change) => pass(host, () => driver.apply(host, change), 'apply'),
    ...(drops && { drops: (host, expected) => pass(host, () => drops(host, expected), 'drops') }),
    ...(means && { means: (host) => pass(host, () => means(host), 'means') }),
    ...(tidy && { tidy }),
    ...(watch && { watch }),
  };
}

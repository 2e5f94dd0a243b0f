import { z } from 'zod';
import { overlayObject } from '../../events/overlay-objects.ts';
import { ovsDriver } from '../../src/overlay/ovs/driver.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { expectedSet, wholeSet } from './host-change.ts';

// Gives the host `hv-1` a set, and prints what is read of it then: of a switch that only its own network reaches.

const target = z.object({ plan: z.int(), objects: z.array(overlayObject) });

const request = z.object({
  address: z.object({ ovsdb: z.string(), openflow: z.string().optional() }),
  credentials: z.object({ privateKey: z.string(), certificate: z.string(), ca: z.string() }).optional(),
  to: target,
});

const { address, credentials, to } = request.parse(JSON.parse(process.argv[2] ?? ''));

const driver = ovsDriver({
  ledger: 'ledger-1',
  shard: 'shard-1',
  hosts: new Map([['hv-1', address]]),
  clock: systemClock,
  ...(credentials === undefined ? {} : { credentials }),
});
try {
  await driver.apply('hv-1', wholeSet(to));
  process.stdout.write(JSON.stringify(await driver.read('hv-1', expectedSet(to.objects))));
} catch (fault) {
  process.stdout.write(JSON.stringify({ fault: String(fault) }));
}

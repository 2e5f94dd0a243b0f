import { describe, expect, it } from 'vitest';
import { NoSuchPort, OverlayUnavailable, requireFit } from '../../../src/overlay/faults.ts';
import { jointProbe } from '../../../src/overlay/joint-probe.ts';
import type { OverlayProbe, ProbeResult } from '../../../src/overlay/port.ts';

const packet = { src: '10.0.0.1', dst: '10.0.0.2', protocol: 'icmp' };
const result: ProbeResult = { delivered: true, to: 'acme/b', rule: 'same network' };

const answering: OverlayProbe = { probe: () => Promise.resolve(result) };

function failing(...faults: readonly Error[]): OverlayProbe {
  return {
    probe: () => {
      const [fault, another] = faults;
      if (another === undefined) return Promise.reject(fault ?? new Error('none'));
      requireFit(faults.filter((each) => each instanceof OverlayUnavailable));
      throw new Error('all are fit');
    },
  };
}

const elsewhere = failing(new NoSuchPort('acme/a'));
const [hv1, hv2, hv3] = ['hv-1', 'hv-2', 'hv-3'].map((host) => new OverlayUnavailable(`${host} is away`));
const away = (...faults: readonly (Error | undefined)[]): OverlayProbe =>
  failing(...faults.filter((fault) => fault !== undefined));

function ask(...probes: readonly OverlayProbe[]): Promise<ProbeResult> {
  return jointProbe(probes).probe('acme/a', packet);
}

describe('the probe of several overlays', () => {
  it.each<[string, OverlayProbe[]]>([
    ['the first', [answering, failing(new Error('not asked'))]],
    ['a later one', [elsewhere, answering]],
    ['one beside hosts that are away', [away(hv1), answering]],
  ])('answers by the one that holds the port: %s', async (_which, probes) => {
    expect(await ask(...probes)).toBe(result);
  });

  it('names every host that keeps it from answering', async () => {
    await expect(ask(away(hv1))).rejects.toBe(hv1);
    await expect(ask(away(hv1, hv2), elsewhere, away(hv3))).rejects.toThrow(
      '3 hosts keep the overlay from answering: hv-1 is away; hv-2 is away; hv-3 is away',
    );
  });

  it('says so where none holds the port, or there is none', async () => {
    await expect(ask(elsewhere, elsewhere)).rejects.toThrow(NoSuchPort);
    await expect(ask()).rejects.toThrow('no host of the overlay holds a port of acme/a');
  });

  it('lets a fault of its own through', async () => {
    await expect(ask(failing(new RangeError('ours')), answering)).rejects.toThrow(RangeError);
  });
});

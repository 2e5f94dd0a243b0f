import { describe, expect, it } from 'vitest';
import { HostsUnfit, OverlayUnavailable, requireFit } from '../../../src/overlay/faults.ts';
import { ForeignState } from '../../../src/runtime/errors.ts';

const away = [new OverlayUnavailable('hv-1 is away'), new OverlayUnavailable('hv-2 is away')];
const foreign = new ForeignState('hv-3', 'another');

describe('hosts that keep an overlay from answering', () => {
  it('are none, or one with its own fault', () => {
    expect(() => {
      requireFit([]);
    }).not.toThrow();
    expect(() => {
      requireFit([foreign]);
    }).toThrow(foreign);
  });

  it('are each told of where there are several', () => {
    expect(() => {
      requireFit(away);
    }).toThrow('2 hosts keep the overlay from answering: hv-1 is away; hv-2 is away');
  });

  it('are as grave as the gravest', () => {
    expect(new HostsUnfit(away).category).toBe('unreachable');
    expect(new HostsUnfit([...away, foreign]).category).toBe('integrity');
  });
});

import { HostsUnfit, isHostFault, NoSuchPort, requireFit, type HostFault } from './faults.ts';
import type { OverlayProbe } from './port.ts';

/**
 * The probe of an estate whose shards are driven in different ways: the first overlay answers that holds a port of the sender.
 * Nothing travels between two of them; so hosts that keep another one from answering are told of only where none answers.
 */
export function jointProbe(probes: readonly OverlayProbe[]): OverlayProbe {
  return {
    probe: async (from, packet) => {
      const faults: HostFault[] = [];
      for (const probe of probes) {
        try {
          return await probe.probe(from, packet);
        } catch (fault) {
          if (!(fault instanceof NoSuchPort)) faults.push(...faultsIn(fault));
        }
      }
      requireFit(faults);
      throw new NoSuchPort(from);
    },
  };
}

/** Throws what is no fault of hosts. */
function faultsIn(fault: unknown): readonly HostFault[] {
  if (fault instanceof HostsUnfit) return fault.faults;
  if (isHostFault(fault)) return [fault];
  throw fault;
}

/** The reason against a past state that gives a VNI to one end, while another end has it now. */
export function clashWords({ vni, then, now }: { vni: number; then: string; now: string }): string {
  return `the state of then cannot be driven: VNI ${String(vni)} belonged to ${then} and is ${now}'s now, so that one network would be two's; choose a later --at`;
}

/** Why a past state cannot be driven in which a VNI is one end's that is another's now. */
export function clashWords({ vni, then, now }: { vni: number; then: string; now: string }): string {
  return `the state of then cannot be driven: VNI ${String(vni)} belonged to ${then} and is ${now}'s now, so that one network would be two's; choose a later --at`;
}

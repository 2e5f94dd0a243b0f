import { setTimeout as pause } from 'node:timers/promises';
import type { WriteOutcome, WriteRequest } from './records.ts';
import type { AppendFault } from './faults.ts';
import type { RpcError } from './rpc-error.ts';
import { notLeader, unavailable } from './rpc-error.ts';
import type { AnyCall, ServerContext } from './server-context.ts';

/** How an append ended, before it is put into the words of its call. */
export type WriteAnswer =
  | WriteOutcome
  | { readonly kind: 'call-ends'; readonly error: RpcError }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'not-ready' }
  | { readonly kind: 'silence' };

const silence = { kind: 'silence' } as const;

/** Appends as both kinds of append call do, with the fault that is next in the script. */
export async function performWrite(
  context: ServerContext,
  call: AnyCall,
  request: WriteRequest,
): Promise<WriteAnswer> {
  if (context.stopped.aborted) return silence;
  const refusal = context.refuseAsFollower(call, 'write');
  if (refusal !== undefined) return { kind: 'call-ends', error: refusal };
  const fault = context.faults.append.shift();
  if (fault === undefined) return context.log.append(request);
  return performWithFault(context, call, request, fault);
}

async function performWithFault(
  context: ServerContext,
  call: AnyCall,
  request: WriteRequest,
  fault: AppendFault,
): Promise<WriteAnswer> {
  switch (fault.kind) {
    case 'done-but-dropped':
      context.log.append(request);
      context.drop(call);
      return silence;
    case 'not-done':
      context.drop(call);
      return silence;
    case 'deadline':
      if (fault.written) context.log.append(request);
      if (fault.after === 'never') return silence;
      return (await isRunningAfter(context, fault.after)) ? { kind: 'timeout' } : silence;
    case 'slow':
      return (await isRunningAfter(context, fault.milliseconds)) ? context.log.append(request) : silence;
    case 'wrong-leader':
      return { kind: 'call-ends', error: notLeader(fault.leader ?? context.endpoint) };
    case 'unavailable':
      return { kind: 'call-ends', error: unavailable('No connection established') };
    case 'not-ready':
      return { kind: 'not-ready' };
  }
}

/** Waits, and says whether the server still runs: one that was killed meanwhile writes nothing more. */
async function isRunningAfter(context: ServerContext, milliseconds: number): Promise<boolean> {
  await pause(milliseconds, undefined, { signal: context.stopped, ref: false }).catch(() => undefined);
  return !context.stopped.aborted;
}

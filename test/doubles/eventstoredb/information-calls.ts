import type { handleUnaryCall } from '@grpc/grpc-js';
import { featureMessages, gossipMessages, streamServices, uuidMessage } from './protocol.ts';
import type { shared } from './protocol.ts';
import type { MemberState, ServerContext } from './server-context.ts';

/** The release whose behaviour this double follows. */
const serverVersion = '24.10.0';

const featuresOfMethods: Readonly<Record<string, readonly string[]>> = {
  read: ['position', 'events'],
  batchappend: ['deadline_duration'],
};

/** Which methods there are: the client asks before its first append whether it may append in batches. */
export const supportedMethodsCall =
  (): handleUnaryCall<shared.Empty, featureMessages.SupportedMethods> => (_call, callback) => {
    const answer = new featureMessages.SupportedMethods().setEventStoreServerVersion(serverVersion);
    for (const { path } of Object.values(streamServices.StreamsService)) {
      const [, service = '', method = ''] = path.toLowerCase().split('/');
      answer.addMethods(
        new featureMessages.SupportedMethod()
          .setServiceName(service)
          .setMethodName(method)
          .setFeaturesList([...(featuresOfMethods[method] ?? [])]),
      );
    }
    callback(null, answer);
  };

/** Who is in the cluster and who leads it. */
export const gossipCall =
  (context: ServerContext): handleUnaryCall<shared.Empty, gossipMessages.ClusterInfo> =>
  (_call, callback) => {
    callback(null, new gossipMessages.ClusterInfo().setMembersList(context.members().map(memberMessage)));
  };

function memberMessage(member: MemberState): gossipMessages.MemberInfo {
  const { LEADER, FOLLOWER } = gossipMessages.MemberInfo.VNodeState;
  return new gossipMessages.MemberInfo()
    .setInstanceId(uuidMessage(member.instanceId, 'structured'))
    .setTimeStamp(String(BigInt(Date.now()) * 10_000n))
    .setState(member.leading ? LEADER : FOLLOWER)
    .setIsAlive(member.alive)
    .setHttpEndPoint(new gossipMessages.EndPoint().setAddress(member.host).setPort(member.port));
}

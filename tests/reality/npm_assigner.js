// Lets the leader of a consumer group of kafkajs join and sync with a coordinator that is made up
// here: all of kafkajs but its connections.
//
// A run: topics (names and numbers of partitions), members [id, topics], the leader first. The
// answer: each member's partitions.
'use strict';

const { main } = require('./virtual_timers.js');
const ConsumerGroup = require('kafkajs/src/consumer/consumerGroup');
const { roundRobin } = require('kafkajs/src/consumer/assigners');
const { MemberAssignment, MemberMetadata } = require('kafkajs/src/consumer/assignerProtocol');

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function play({ topics, members }) {
  const [leader, subscribed] = members[0];
  const answer = Object.fromEntries(members.map(([id]) => [id, []]));
  const coordinator = {
    joinGroup: async ({ groupProtocols }) => ({
      generationId: 1,
      leaderId: leader,
      memberId: leader,
      groupProtocol: groupProtocols[0].name,
      members: members.map(([memberId, topics], i) => ({
        memberId,
        memberMetadata:
          i === 0 ? groupProtocols[0].metadata : MemberMetadata.encode({ version: 0, topics }),
      })),
    }),
    syncGroup: async ({ groupAssignment }) => {
      for (const { memberId, memberAssignment } of groupAssignment)
        for (const [topic, list] of Object.entries(
          MemberAssignment.decode(memberAssignment).assignment
        ))
          answer[memberId].push(...list.map((number) => topic + '-' + number));
      const mine = groupAssignment.find(({ memberId }) => memberId === leader);
      return { memberAssignment: mine ? mine.memberAssignment : Buffer.alloc(0) };
    },
  };
  const cluster = {
    findGroupCoordinator: async () => coordinator,
    refreshMetadata: async () => {},
    committedOffsets: () => ({}),
    findTopicPartitionMetadata: (topic) =>
      Array.from({ length: topics[topic] }, (_, partitionId) => ({ partitionId })),
  };
  const group = new ConsumerGroup({
    cluster,
    groupId: 'group',
    topics: subscribed,
    topicConfigurations: {},
    logger: { namespace: () => silent },
    instrumentationEmitter: { emit() {} },
    assigners: [roundRobin({ cluster })],
  });
  await group.joinAndSync();
  return answer;
}

main(play);

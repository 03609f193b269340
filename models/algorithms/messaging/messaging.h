#pragma once

// The family's algorithms in one place. Each stands for itself; they share no interface, since a
// log, a queue and a group are asked different things.

#include "models/algorithms/messaging/assignor.h"
#include "models/algorithms/messaging/batch_accumulator.h"
#include "models/algorithms/messaging/group_clients.h"
#include "models/algorithms/messaging/group_coordinator.h"
#include "models/algorithms/messaging/in_sync_replicas.h"
#include "models/algorithms/messaging/rabbitmq_queue.h"
#include "models/algorithms/messaging/sqs_queue.h"

/// messaging: Kafka's consumer groups, producer and replication, SQS and RabbitMQ.
///
/// Source   named by each header.
/// Checked  tests/messaging.
namespace highwater::messaging {}

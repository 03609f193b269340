#include "models/messaging/partition_log.h"

#include <cstdint>

#include <catch2/catch.hpp>

namespace highwater::messaging {
namespace {

Message numbered(std::uint64_t number) {
  Message message;
  message.request = number;
  return message;
}

TEST_CASE("partition_log: offsets count the messages in order", "[models][messaging]") {
  PartitionLog log;
  CHECK(log.add_reader() == 0);
  CHECK(log.end() == 0);
  for (std::uint64_t i = 0; i < 10; ++i) log.append(numbered(100 + i));
  CHECK(log.end() == 10);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(log.at(i).request == 100 + i);
}

TEST_CASE("partition_log: keeps what the slowest reader has not let go of", "[models][messaging]") {
  PartitionLog log;
  const std::uint32_t fast = log.add_reader();
  const std::uint32_t slow = log.add_reader();
  for (std::uint64_t i = 0; i < 10; ++i) log.append(numbered(i));
  CHECK(log.kept() == 10);
  log.release(fast, 8);
  CHECK(log.kept() == 10);
  log.release(slow, 3);
  CHECK(log.kept() == 7);
  CHECK(log.at(3).request == 3);
  log.release(slow, 10);
  CHECK(log.kept() == 2);
  CHECK(log.at(8).request == 8);
  log.release(fast, 10);
  CHECK(log.kept() == 0);
  log.append(numbered(10));
  CHECK(log.at(10).request == 10);
}

TEST_CASE("partition_log: what is cut off comes anew", "[models][messaging]") {
  PartitionLog log;
  const std::uint32_t fast = log.add_reader();
  log.add_reader();
  for (std::uint64_t i = 0; i < 10; ++i) log.append(numbered(i));
  log.release(fast, 8);
  log.cut(10);
  CHECK(log.end() == 10);
  log.cut(6);
  CHECK(log.end() == 6);
  CHECK(log.kept() == 6);
  log.append(numbered(60));
  CHECK(log.at(5).request == 5);
  CHECK(log.at(6).request == 60);
  log.release(fast, 6);  // where it is now, no longer at 8
  log.release(1, 7);
  CHECK(log.kept() == 1);
  log.cut(0);
  CHECK(log.end() == 0);
  CHECK(log.kept() == 0);

  PartitionLog unread;
  for (std::uint64_t i = 0; i < 10; ++i) unread.append(numbered(i));
  unread.cut(4);
  CHECK(unread.end() == 4);
}

TEST_CASE("partition_log: without readers it only counts", "[models][messaging]") {
  PartitionLog log;
  for (std::uint64_t i = 0; i < 1000; ++i) log.append(numbered(i));
  CHECK(log.end() == 1000);
  CHECK(log.kept() == 0);
}

TEST_CASE("partition_log: a message's work draws by itself in every attempt, without a deadline",
          "[models][messaging]") {
  Request publish;
  publish.id = 7;
  publish.path = 99;
  publish.key = 5;
  publish.intended = Time{2s};
  publish.deadline = Time{3s};
  publish.endpoint = 4;
  publish.operation = Operation::write;
  publish.priority = 2;
  const Message message = Message::from(publish, Time{4s}, Spoilt::no);
  CHECK(message.appended == Time{4s});
  const Request first = message.work(0);
  CHECK(first.id == 7);
  CHECK(first.key == 5);
  CHECK(first.intended == Time{2s});
  CHECK(first.priority == 2);
  CHECK(first.deadline == kNever);
  CHECK(first.endpoint == kNoSymbol);
  CHECK(first.operation == Operation::read);
  CHECK(first.path == message.work(0).path);
  CHECK(first.path != message.work(1).path);
  CHECK(first.path != publish.path);
}

}  // namespace
}  // namespace highwater::messaging

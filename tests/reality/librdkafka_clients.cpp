// Consumers of librdkafka at its mock cluster, all in this process, led by lines of standard input:
//
//   topic NAME PARTITIONS
//   start CLIENT GROUP STRATEGY TOPIC...   a member joins the group
//   close CLIENT                           it leaves
//
// What happens is told on standard output: `id CLIENT MEMBER` when the cluster has named it,
// `has CLIENT PARTITION...` when what it reads has changed, `join CLIENT` when it asks to join,
// also again, `log CLIENT TEXT` for each line in which the leader of a group says what its assignor
// was told and came to, `wrong TEXT` before an end that nobody asked for. Ends with its input.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

struct Client {
  std::string name;
  rd_kafka_t* handle = nullptr;
  std::string id;
  bool asks_for_id = false;
  std::set<std::pair<std::string, int>> has;
};

// Also called by the threads of the library, so that everything is told in the order in which it
// happened.
void say(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

// No exception may pass through the library, whose callbacks come here too.
[[noreturn]] void give_up(const std::string& why) {
  say("wrong " + why);
  std::_Exit(1);
}

void must(rd_kafka_resp_err_t error, const char* what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    give_up(std::string(what) + ": " + rd_kafka_err2str(error));
}
void must(rd_kafka_error_t* error, const char* what) {
  if (error != nullptr) give_up(std::string(what) + ": " + rd_kafka_error_string(error));
}

rd_kafka_t* make(rd_kafka_type_t type, const std::map<std::string, std::string>& settings,
                 void (*prepare)(rd_kafka_conf_t*), void* opaque) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char why[256];
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
      give_up(why);
  rd_kafka_conf_set_opaque(conf, opaque);
  if (prepare != nullptr) prepare(conf);
  rd_kafka_t* handle = rd_kafka_new(type, conf, why, sizeof why);
  if (handle == nullptr) give_up(why);
  return handle;
}

void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t what,
                  rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  Client& client = *static_cast<Client*>(opaque);
  const bool gets = what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  for (int i = 0; i < partitions->cnt; ++i) {
    const std::pair<std::string, int> partition{partitions->elems[i].topic,
                                                partitions->elems[i].partition};
    if (gets) {
      client.has.insert(partition);
    } else {
      client.has.erase(partition);
    }
  }
  // Said first: the library may ask to join again as soon as it knows.
  std::string line = "has " + client.name;
  for (const auto& [topic, number] : client.has) line += " " + topic + "-" + std::to_string(number);
  say(line);
  client.asks_for_id = true;
  if (std::strcmp(rd_kafka_rebalance_protocol(handle), "COOPERATIVE") == 0) {
    must(gets ? rd_kafka_incremental_assign(handle, partitions)
              : rd_kafka_incremental_unassign(handle, partitions),
         "incremental");
  } else {
    must(rd_kafka_assign(handle, gets ? partitions : nullptr), "assign");
  }
}

void on_log(const rd_kafka_t* handle, int, const char* facility, const char* text) {
  const std::string& name = static_cast<Client*>(rd_kafka_opaque(handle))->name;
  if (std::strcmp(facility, "ASSIGN") == 0) say("log " + name + " " + text);
  if (std::strcmp(facility, "JOIN") == 0 && std::strstr(text, "Joining group") != nullptr)
    say("join " + name);
}

class Cluster {
 public:
  Cluster()
      : owner_(make(RD_KAFKA_PRODUCER, {}, nullptr, nullptr)),
        cluster_(rd_kafka_mock_cluster_new(owner_, 1)) {}

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string word, name;
    words >> word >> name;
    if (word == "topic") {
      int partitions = 0;
      words >> partitions;
      must(rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1), "topic");
    } else if (word == "start") {
      start(name, words);
    } else if (word == "close") {
      must(rd_kafka_consumer_close(clients_.at(name).handle), "close");
      clients_.erase(name);  // the handle is left to the end of the process
    } else {
      give_up("what is " + line + "?");
    }
  }

  /// Lets the clients say what they have to say.
  void serve() {
    for (auto& [name, client] : clients_) {
      while (rd_kafka_message_t* message = rd_kafka_consumer_poll(client.handle, 0))
        rd_kafka_message_destroy(message);
      if (client.asks_for_id) name_of(client);
    }
  }

 private:
  // The question is answered by the client's own thread, which takes its time.
  static void name_of(Client& client) {
    client.asks_for_id = false;
    char* id = rd_kafka_memberid(client.handle);
    if (id == nullptr) return;
    if (client.id != id) say("id " + client.name + " " + (client.id = id));
    rd_kafka_mem_free(client.handle, id);
  }

  void start(const std::string& name, std::istringstream& words) {
    std::string group, strategy, topic;
    words >> group >> strategy;
    Client& client = clients_[name];
    client.name = name;
    const std::map<std::string, std::string> settings = {
        {"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)},
        {"group.id", group},
        {"partition.assignment.strategy", strategy},
        {"session.timeout.ms", "3600"},
        {"heartbeat.interval.ms", "200"},
        {"fetch.wait.max.ms", "5000"},
        {"enable.auto.commit", "false"},
        {"debug", "assignor,cgrp"},
        {"log.thread.name", "false"}};
    client.handle = make(
        RD_KAFKA_CONSUMER, settings,
        [](rd_kafka_conf_t* conf) {
          rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
          rd_kafka_conf_set_log_cb(conf, on_log);
        },
        &client);
    must(rd_kafka_poll_set_consumer(client.handle), "queue");
    rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(8);
    while (words >> topic)
      rd_kafka_topic_partition_list_add(topics, topic.c_str(), RD_KAFKA_PARTITION_UA);
    must(rd_kafka_subscribe(client.handle, topics), "subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
  }

  rd_kafka_t* owner_;
  rd_kafka_mock_cluster_t* cluster_;
  std::map<std::string, Client> clients_;
};

}  // namespace

int main() {
  constexpr int kMilliseconds = 20;  // between two looks at the clients
  // It is known to crash, and nobody wants to see what is left.
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  say(std::string("version ") + rd_kafka_version_str());
  Cluster cluster;
  std::string input;
  for (;;) {
    pollfd in{STDIN_FILENO, POLLIN, 0};
    if (poll(&in, 1, kMilliseconds) > 0) {
      char bytes[4096];
      const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
      // The threads of the library need no orderly end.
      if (count <= 0) std::_Exit(0);
      input.append(bytes, static_cast<std::size_t>(count));
    }
    for (std::size_t end; (end = input.find('\n')) != std::string::npos; input.erase(0, end + 1))
      cluster.obey(input.substr(0, end));
    cluster.serve();
  }
}

// A balancer in front of services: what it hears from them, and from what is behind them.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/database/database.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::balancer {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::read_of;

TEST_CASE("load balancer: answers what its targets answer", "[models][load_balancer]") {
  ModelRig rig({load_balancer(), service::service()},
               R"({"api": {"kind": "service", "endpoints": {"GET /a": [{"compute": "1ms"}],
                                                            "GET /b": [{"compute": "1ms"}]}},
                   "lb": {"kind": "load_balancer", "targets": ["api"]}})");
  Symbols& symbols = rig.world().symbols;
  CHECK(rig.component("lb").answers(symbols.intern("GET /a")));
  CHECK_FALSE(rig.component("lb").answers(symbols.intern("GET /c")));
  CHECK(rig.component("lb").endpoints() == std::vector<std::string>{"GET /a", "GET /b"});
}

TEST_CASE("load balancer: who answers that its database is away is not taken for dead",
          "[models][load_balancer]") {
  ModelRig rig({load_balancer(), service::service(), database::database()},
               R"({"db": {"kind": "database", "connections": 1, "read_time": "1ms"},
                   "api": {"kind": "service", "replicas": 3, "endpoints": {"*": [{"call": "db"}]}},
                   "lb": {"kind": "load_balancer", "targets": ["api"]},
                   "front": {"kind": "load_balancer", "targets": ["lb"], "max_fails": 1}})");
  rig.at(Time{1s}, [&] { rig.instance("db", 0).kill(false); });
  rig.at(Time{2s}, [&] { rig.instance("db", 0).revive(); });
  const Answer& during = rig.send(Time{1500ms}, "front", read_of(1));
  const Answer& after = rig.send(Time{2500ms}, "front", read_of(1));
  rig.at(Time{3s}, [&] {
    for (std::size_t i = 0; i < 3; ++i) rig.instance("api", i).kill(false);
  });
  const Answer& nobody = rig.send(Time{4s}, "front", read_of(1));
  rig.run(Time{5s});
  // One replica said 500, and nobody asked a second: an answer is final.
  CHECK(during.reply.status == Status::error);
  CHECK(during.reply.cause() == Status::unavailable);
  CHECK(rig.component("api").received() == 5);
  CHECK(after.reply.ok());
  // The inner balancer's 502 says nothing against the inner balancer.
  CHECK(nobody.reply.status == Status::error);
  CHECK(nobody.reply.cause() == Status::unavailable);
  CHECK(rig.count("front", "retried") == 0);
  CHECK(rig.count("lb", "retried") == 2);
  for (const char* each : {"api", "lb", "front"})
    CHECK(rig.metric(each, "errors").causes.at("unavailable") >= 2);
}

}  // namespace
}  // namespace highwater::balancer

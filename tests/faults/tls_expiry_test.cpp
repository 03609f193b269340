// Certificates that have expired: who notices, and when.

#include <string>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::Caller;
using testing::SinkLog;

TEST_CASE("tls_expiry: open connections go on, handshakes fail", "[faults]") {
  const std::string tls = GENERATE("tls1_2", "tls1_3");
  SinkLog log;
  testing::answer_after(log, 50ms);
  Caller caller(log,
                R"("transport": {"keep_alive": "5s", "resumption": "100%", "tls": ")" + tls + "\"}",
                1ms);
  caller.rig.fault(tls_expiry(), R"({"at": "2s", "for": "20s", "tls_expiry": "api -> it"})");
  const Answer& opens = caller.at(Time{1s});
  const Answer& goes_on = caller.at(Time{3s});
  const Answer& anew = caller.at(Time{15s});
  const Answer& after = caller.at(Time{30s});
  caller.rig.run(Time{60s});
  const Duration round_trips = tls == "tls1_2" ? 6ms : 4ms;
  CHECK(opens.took() == 2ms + 52ms + round_trips);
  CHECK(goes_on.took() == 2ms + 52ms);
  // A round trip for TCP, and one until the certificate is there.
  CHECK(anew.reply.cause() == Status::unavailable);
  CHECK(anew.took() == 2ms + 4ms);
  CHECK(after.took() == 2ms + 52ms + 4ms);  // the session is resumed
  CHECK(caller.count("connections_failed") == 1);
  CHECK(caller.count("handshakes_full") == 1);
  CHECK(caller.count("handshakes_resumed") == 1);
}

TEST_CASE("tls_expiry: is for calls with TLS", "[faults][input]") {
  SinkLog log;
  const std::string fault = R"({"at": "1s", "tls_expiry": "api -> it"})";
  Caller plain(log, R"("transport": {})");
  CHECK_THAT(testing::examined(plain.rig, tls_expiry(), fault),
             Catch::Contains("makes connections with TLS"));
  Caller encrypted(log, R"("transport": {"tls": "tls1_3"})");
  CHECK(testing::examined(encrypted.rig, tls_expiry(), fault).empty());
}

}  // namespace
}  // namespace highwater::faults

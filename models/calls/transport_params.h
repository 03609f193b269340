#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/calls/size_params.h"

namespace highwater {

/// What runs over a connection.
enum class Protocol : std::uint8_t { http1, http2 };
constexpr auto words_of(Protocol) {
  return std::array{
      Word{Protocol::http1, "http1",
           "HTTP/1.1: one request at a time on a connection (RFC 9112; nobody pipelines)."},
      Word{Protocol::http2, "http2",
           "HTTP/2, and with it gRPC: many at a time, each a stream (RFC 9113)."}};
}

enum class Tls : std::uint8_t { none, tls1_2, tls1_3 };
constexpr auto words_of(Tls) {
  return std::array{
      Word{Tls::none, "none", "Plain TCP."},
      Word{Tls::tls1_2, "tls1_2",
           "Two round trips more, one where a session is resumed (RFC 5246)."},
      Word{Tls::tls1_3, "tls1_3", "One round trip more (RFC 8446; without 0-RTT data)."}};
}

/// The connections that calls are made over.
struct TransportParams {
  Protocol protocol = Protocol::http1;
  std::optional<std::uint32_t> connections;
  std::uint32_t streams = 100;
  Duration keep_alive = 90s;
  Duration connect_timeout = 127s;
  Tls tls = Tls::none;
  Fraction resumption{0};
  Duration handshake_cpu{0};
  Fraction loss{0};
  std::optional<Bandwidth> bandwidth;
  std::optional<SizeParams> request_size;
  std::optional<SizeParams> response_size;

  static constexpr auto fields() {
    using P = TransportParams;
    return Fields{
        field<&P::protocol>("What runs over a connection."),
        field<&P::connections>("Most connections of a calling process to an instance of the "
                               "callee; browsers have 6. Any number with http1 and one with http2 "
                               "unless given.")
            .at_least(1u)
            .at_most(1'000'000u),
        field<&P::streams>("Requests at a time on a connection; with http2.")
            .at_least(1u)
            .at_most(1'000'000u)
            .source("SETTINGS_MAX_CONCURRENT_STREAMS, RFC 9113, section 6.5.2"),
        field<&P::keep_alive>("How long a connection stays open that nobody uses; \"0s\": not "
                              "longer than its request.")
            .source("Go net/http DefaultTransport IdleConnTimeout"),
        field<&P::connect_timeout>("Gives up opening a connection after so long.")
            .at_least(Duration{1})
            .source("Linux tcp_syn_retries 6: 1 + 2 + 4 + … + 64 s"),
        field<&P::tls>("How connections are encrypted."),
        field<&P::resumption>("Share of the connections after the first that resume the session of "
                              "an earlier one: no asymmetric cryptography, and with tls1_2 a round "
                              "trip less. An instance that starts again knows no sessions.")
            .source("RFC 5246, section 7.3; RFC 8446, section 2.2"),
        field<&P::handshake_cpu>("CPU time that a full handshake takes at the callee: about 1 ms "
                                 "to sign with RSA 2048, 0.05 ms with ECDSA P-256. A service needs "
                                 "a worker for it as for a request; elsewhere it is a mere delay."),
        field<&P::loss>("Share of the messages that TCP has to send again: a request, an answer, "
                        "a part of a handshake. It notices after the round trip time and 200 ms, "
                        "then after twice as long each time; for the first part of a handshake "
                        "after 1 s.")
            .source("RFC 6298; Linux TCP_RTO_MIN, tcp_retries2 15"),
        field<&P::bandwidth>("Of each connection, in either direction; no limit unless given.")
            .at_least(Bandwidth{1}),
        field<&P::request_size>("Of a request, its headers included; none unless given."),
        field<&P::response_size>("Of an answer without error; none unless given."),
    };
  }
  static constexpr auto shorthand = &TransportParams::protocol;
  void check(const Value& where, const std::string& path, Problems& problems) const;

  /// The same without the sizes, which belong to one call: what all calls of a process to one
  /// callee have in common.
  TransportParams without_sizes() const {
    TransportParams common = *this;
    common.request_size.reset();
    common.response_size.reset();
    return common;
  }

  std::uint32_t streams_at_once() const { return protocol == Protocol::http2 ? streams : 1; }
  std::uint32_t most_connections() const {
    return connections.value_or(protocol == Protocol::http2 ? 1 : ~std::uint32_t{0});
  }
};

}  // namespace highwater

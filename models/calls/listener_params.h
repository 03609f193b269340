#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/describe/field.h"
#include "engine/describe/words.h"

namespace highwater {

enum class OnOverflow : std::uint8_t { drop, reset };
constexpr auto words_of(OnOverflow) {
  return std::array{
      Word{OnOverflow::drop, "drop",
           "Silence, as of Linux: the caller asks again after 1, 2, 4, … s."},
      Word{OnOverflow::reset, "reset",
           "Refused at once, as by Windows, and by Linux with tcp_abort_on_overflow where the "
           "line fills up during the handshake."}};
}

/// How an instance accepts connections.
struct AcceptParams {
  std::uint32_t max_connections = 1;
  std::uint32_t backlog = 4096;
  OnOverflow on_overflow = OnOverflow::drop;

  static constexpr std::string_view type_name = "accept";
  static constexpr auto fields() {
    using P = AcceptParams;
    return Fields{
        field<&P::max_connections>("Connections that it has open at a time; the next waits in the "
                                   "backlog until one is closed.")
            .required()
            .at_least(1u)
            .at_most(10'000'000u),
        field<&P::backlog>("Length of that line. Linux lets one more in.")
            .at_most(10'000'000u)
            .source("Linux net.core.somaxconn, sk_acceptq_is_full"),
        field<&P::on_overflow>("What becomes of a connection that finds the line full."),
    };
  }
  static constexpr auto shorthand = &AcceptParams::max_connections;
};

/// What an instance can be told about its network interface and the connections to it.
struct ListenerParams {
  std::optional<AcceptParams> accept;
  std::optional<Bandwidth> bandwidth;

  static constexpr auto fields() {
    using P = ListenerParams;
    return Fields{
        field<&P::accept>("Limits on the connections to an instance, where calls have a transport; "
                          "none unless given."),
        field<&P::bandwidth>("Of the network interface of an instance: what it sends at a time, "
                             "answers and requests that have a size, shares it equally. No limit "
                             "unless given.")
            .at_least(Bandwidth{1}),
    };
  }
};

}  // namespace highwater

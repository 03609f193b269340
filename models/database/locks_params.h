#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "engine/describe/words.h"

namespace highwater::database {

/// What a transaction sees of others that commit while it is under way.
enum class Isolation : std::uint8_t { read_committed, repeatable_read, serializable };
constexpr auto words_of(Isolation) {
  return std::array{
      Word<Isolation>{Isolation::read_committed, "read_committed",
                      "Each statement sees what is committed: who has waited for a row goes on "
                      "with what it is now."},
      Word<Isolation>{
          Isolation::repeatable_read, "repeatable_read",
          "All of it sees what was committed when it began: who would change a row that "
          "somebody else has changed since fails (40001)."},
      Word<Isolation>{Isolation::serializable, "serializable",
                      "As repeatable_read, and who read what others have changed fails too where "
                      "that might fit into no order, one after the other."}};
}

/// In which order a write takes its rows.
enum class RowSequence : std::uint8_t { as_drawn, sorted };
constexpr auto words_of(RowSequence) {
  return std::array{
      Word<RowSequence>{RowSequence::as_drawn, "as_drawn",
                        "Its key first, the others in any order: two may wait for each other."},
      Word<RowSequence>{RowSequence::sorted, "sorted",
                        "By their keys, as is taught against deadlocks."}};
}

/// Locks that writes have on their rows.
struct LocksParams {
  Isolation isolation = Isolation::read_committed;
  std::uint32_t rows_per_write = 1;
  std::uint32_t reads_per_write = 0;
  std::optional<std::uint64_t> among;
  RowSequence sequence = RowSequence::as_drawn;
  Duration deadlock_timeout = 1s;
  std::optional<Duration> lock_timeout;

  static constexpr auto fields() {
    using P = LocksParams;
    return Fields{
        field<&P::isolation>("What a write sees of others.")
            .source("PostgreSQL default_transaction_isolation"),
        field<&P::rows_per_write>("Rows that a write changes, each in its turn with its part of "
                                  "write_time: its key, and others that are drawn.")
            .at_least(1u)
            .at_most(100u)
            .source("chosen"),
        field<&P::reads_per_write>("Rows that a write reads before, drawn as those; it does not "
                                   "lock them.")
            .at_most(100u)
            .source("chosen"),
        field<&P::among>("The others are drawn from the keys below this, each as likely, of those "
                         "on the same shard.")
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{1} << 53),
        field<&P::sequence>("In which order they are taken."),
        field<&P::deadlock_timeout>("Who has waited so long for a row looks whether it waits for "
                                    "itself, and fails if so.")
            .at_least(Duration{1ms})
            .source("PostgreSQL deadlock_timeout"),
        field<&P::lock_timeout>("Who has waited so long for a row fails; nobody unless given.")
            .at_least(Duration{1})
            .source("PostgreSQL lock_timeout"),
    };
  }
  static constexpr auto shorthand = &LocksParams::isolation;
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const bool draws = rows_per_write > 1 || reads_per_write > 0;
    if (draws && !among)
      problems.error(where.position(), pointer_to(path, "among"),
                     "is missing: further rows are drawn from the keys below it");
    if (!draws && among)
      problems.error(where.find("among")->position(), pointer_to(path, "among"),
                     "is for rows_per_write above 1 and reads_per_write");
    if (isolation == Isolation::serializable && reads_per_write == 0)
      problems.warning(where.position(), pointer_to(path, "isolation"),
                       "is repeatable_read in effect: writes that read no other row can be put "
                       "into an order");
    if (rows_per_write == 1 && sequence != RowSequence::as_drawn)
      problems.warning(where.find("sequence")->position(), pointer_to(path, "sequence"),
                       "has no effect on a single row");
  }
};

}  // namespace highwater::database

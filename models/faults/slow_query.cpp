/// slow_query: requests of one kind need many times as much work, as after a plan has flipped.
///
/// At a database their work on the processor takes so many times as long, and where there is
/// `storage` a read needs so many pages instead of one: those that follow its row's. In a
/// ring the replicas' work takes longer, and where they have a disk a read looks in so many places
/// (tombstones, a partition in many SSTables). At a service
/// the compute steps of one endpoint take longer.
///
/// Assumes  requests whose work has begun are as they were; a change finds its row by the same
///          index as before, and only its work is more.
/// Source   PostgreSQL 15 documentation, 14.1 Using EXPLAIN (sequential scan against index scan);
///          ALGORITHMS 9.3 slow_query.
/// Checked  tests/faults/databases_test.cpp, rings_test.cpp

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

enum class QueryOperation : std::uint8_t { read, write };
constexpr auto words_of(QueryOperation) {
  return std::array{Word{QueryOperation::read, "read", "Reads."},
                    Word{QueryOperation::write, "write", "Writes and deletes."}};
}

class SlowQuery final : public GradualAction {
 public:
  SlowQuery(HasQueries& component, std::string name, HasQueries::Query query, double factor)
      : component_(component), name_(std::move(name)), query_(std::move(query)), factor_(factor) {}

 private:
  std::string aim() override { return "slow query " + name_; }
  void apply(double strength) override { component_.slow_query(query_, at(strength)); }
  void withdraw(double strength) override { component_.restore_query(query_, at(strength)); }
  double at(double strength) const { return 1 + (factor_ - 1) * strength; }

  HasQueries& component_;
  std::string name_;
  HasQueries::Query query_;
  double factor_;
};

struct SlowQueryFault {
  static constexpr std::string_view kKinds[] = {"database", "service"};
  static constexpr std::string_view kTrials[] = {R"({"factor": "5x"})"};

  std::string slow_query;
  FaultTiming timing;
  FaultRamp gradual;
  std::optional<QueryOperation> op;
  std::optional<std::string> endpoint;
  Factor factor{10};

  static constexpr auto fields() {
    using F = SlowQueryFault;
    return Fields{
        field<&F::slow_query>("A database, or a service with endpoints.").required(),
        inlined<&F::timing>(),
        inlined<&F::gradual>(),
        field<&F::op>("Only these requests to a database; all unless given."),
        field<&F::endpoint>("Only requests to this endpoint, as callers of a database name it, or "
                            "as the service declares it: \"GET /users/{id}\"."),
        field<&F::factor>("They need so many times as much work.")
            .at_least(Factor{0.001})
            .at_most(Factor{10'000})};
  }
  HasQueries::Query query() const {
    HasQueries::Query query;
    if (op) query.operation = *op == QueryOperation::read ? Operation::read : Operation::write;
    query.endpoint = endpoint;
    return query;
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto* queries = examine_point<HasQueries>(component, "slow_query", examination);
    if (queries == nullptr) return;
    const std::string lack = queries->lacks_query(query());
    if (!lack.empty())
      report_fault(examination, endpoint ? "endpoint" : "slow_query", "slow_query",
                   in_quotes(component.id()) + " " + lack);
    if (op && component.kind() == "service")
      report_fault(examination, "op", "slow_query", "is for databases: a service has endpoints");
  }
  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&) const {
    return std::make_unique<SlowQuery>(point_of<HasQueries>(directory.component(target.component)),
                                       target.text() + (endpoint ? " " + *endpoint : ""), query(),
                                       factor.value);
  }
};

}  // namespace

FaultKind slow_query() {
  return fault_kind<SlowQueryFault>("slow_query", &SlowQueryFault::slow_query, Aim::whole,
                                    "Requests of one kind need many times as much work.",
                                    "PostgreSQL 14.1 Using EXPLAIN");
}

}  // namespace highwater::faults

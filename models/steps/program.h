#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/kernel/completion.h"
#include "engine/kernel/resource.h"
#include "engine/kernel/task.h"
#include "engine/model/component.h"
#include "models/algorithms/caching/single_flight.h"
#include "models/cache/near_caches.h"
#include "models/cache/terms.h"
#include "models/calls/call.h"
#include "models/leaks.h"
#include "models/slowdown.h"
#include "models/steps/processor.h"
#include "models/steps/step_params.h"

namespace highwater::steps {

/// What one request has in hand while its steps run on an instance.
struct Work {
  Request request;  ///< As received; its path keys the draws made here.
  Instance& instance;
  Processor& processor;
  Served* answer = nullptr;     ///< Where `respond` answers; null where nobody waits (a consumer).
  Resource* workers = nullptr;  ///< Where a worker is taken again to compute; null: none needed.
  Lease* worker = nullptr;      ///< The worker held, if any.
  bool gives_back = false;      ///< The worker is free for others while this request waits.
  std::uint64_t turn = 0;       ///< Steps done so far; the n-th draws with its own number.
  bool missing = false;         ///< What was called last had nothing of that kind.
  double stretch = 1;           ///< What it computes takes so many times as long.

  /// Lets go of the worker while its request waits, where the process works that way.
  void step_back() const {
    if (gives_back && worker != nullptr) worker->release();
  }
  /// The work of one of several parallel lists: draws of its own, the same worker.
  Work branch(std::uint64_t number) const {
    Work other = *this;
    other.request = request.descend(0xffff'ffff, turn + number);
    other.turn = 0;
    return other;
  }
};

class Program;

/// Steps made ready to run: components found, random keys made.
struct Compiled;
using Block = std::vector<Compiled>;

struct Compute {
  Distribution time;
};
struct Wait {
  Distribution time;
};
struct CallOut {
  CallSite* site;
  Operation operation;
  Symbol endpoint;
  cache::NearCaches* local = nullptr;  // of a change at a cache: local tiers in front of it
};
/// What an instance remembers of a cache step between requests.
struct Fetching {
  caching::SingleFlight<CompletionSender<Status>> flights;
  std::set<std::uint64_t> renewing;  // keys that answer while they are fetched anew
};
/// Where a cache step's state lies, since compiled steps are moved.
struct CacheState {
  CacheTerms terms;
  CacheTerms absent_terms;
  std::deque<Fetching> fetching;  // by instance, made on first use
};
struct CacheAside {
  CallSite* site;
  CallSite* store;  // draws and messages of its own for the answer put in
  const CacheStep* declared;
  CacheState* state;
  cache::NearCaches* local;  // null where the step has no local tier
  Block miss;
};
struct Parallel {
  std::vector<Block> lists;
  std::size_t quorum;
};
struct Choose {
  std::vector<double> up_to;  // running sums of the probabilities
  std::vector<Block> lists;
};
struct Repeat {
  std::uint64_t times;  // where `again` is 0
  double again;         // geometric: probability of going round once more
  Block steps;
};
struct Locks;
struct Lock {
  Locks* locks;
  bool keyed;
  Block steps;
};
struct Respond {
  Status status;
};
struct Fail {
  double probability;
};

struct Compiled {
  std::variant<Compute, Wait, CallOut, CacheAside, Parallel, Choose, Repeat, Lock, Respond, Fail>
      verb;
  RandomKey key;         // of the draws of this step
  std::uint32_t number;  // of the step within its component
};

/// A lock, or one for each key in use, with those who wait for it.
struct Locks {
  explicit Locks(Simulation& s) : simulation(s) {}
  Resource& of(std::uint64_t key);
  /// Forgets the lock of `key` when nobody holds it or waits for it.
  void tidy(std::uint64_t key);

  Simulation& simulation;
  bool keyed = false;
  std::map<std::uint64_t, Resource> by_key;
};

/// Reports calls to endpoints that their callee does not have, wherever under `steps` they stand.
void examine_calls(const Value& steps, const std::string& path, const Directory& directory,
                   Problems& problems);

/// What steps declare that all calls of a process to one callee share, by callee.
struct SeenShared {
  using ByCallee = std::map<std::string, const Value*>;
  ByCallee pools;
  ByCallee transports;
  ByCallee locals;
};

/// Reports pools and transports to one callee, and local tiers in front of it, that are not the
/// same in all steps.
void examine_shared(const Value& steps, const std::string& path, SeenShared& seen,
                    Problems& problems);

/// The parameters of steps that Program::reconfigure() can change, for Component::changeable().
/// @param before  Where the steps stand: "endpoints".
std::vector<std::string> changeable_steps(const std::string& before);

/// All lists of steps of one component in one replication.
class Program {
 public:
  Program(Component& owner, Directory& directory) : owner_(owner), directory_(directory) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  Block compile(const std::vector<Step>& steps);

  /// What can be changed of a block that was compiled from such steps becomes what these say, which
  /// differ from those in nothing else; see changeable_steps().
  static void reconfigure(Block& block, const std::vector<Step>& steps);

  CacheState& cache_state(const CacheStep& step);
  /// Where the local tiers in front of a callee are; null where it can have none.
  cache::NearCaches* near_caches(const std::string& callee);

  /// A place for calls that the component makes itself, outside of any step.
  CallSite& site(const std::string& callee, const CallPolicy& policy, bool asynchronous = false,
                 const RoutingParams& routing = {});
  const std::deque<CallSite>& sites() const { return sites_; }

  // Faults.
  /// Whether processes have entries in local tiers.
  bool has_local_tiers() const;
  /// Drops the share of the entries of a process that `salt` decides. @return how many.
  std::uint64_t drop_local(const Instance& process, double share, RandomKey salt);
  /// The lock that steps name; null where none does.
  Locks* locks(const std::string& name);
  const Locks* locks(const std::string& name) const;
  /// Takes a lock in its turn and has it until then, or until it is cancelled.
  static Task<> hold(Locks& locks, std::uint64_t key, std::shared_ptr<Keeping> until);

  /// Does the steps one after the other; ends at the first that fails.
  /// @return ok, or what made that step fail, at the root; see Reply::cause().
  Task<Status> run(const Block& block, Work& work);

  /// The computation that is all a block does; null where it does more. Whoever runs many of these
  /// spares the frame of run() by awaiting compute() himself.
  static const Compiled* only_computation(const Block& block) {
    const bool is_one = block.size() == 1 && std::holds_alternative<Compute>(block.front().verb);
    return is_one ? &block.front() : nullptr;
  }
  /// Awaitable: a step that computes. Precondition: the worker that it needs is held.
  Processor::Compute compute(const Compiled& step, Work& work) const {
    RequestRandom random = draw(step, work);
    return work.processor.compute(
        stretched(std::get<Compute>(step.verb).time.draw(random), work.stretch));
  }

 private:
  void share_pools(CallSite& made);
  Compiled compile(const Step& step);
  Task<Status> composite(const Compiled& step, Work& work);
  Task<Status> cache_aside(const CacheAside& step, Work& work);
  /// @param read  Of the local tier, which keeps what is fetched; null where there is none.
  Task<Status> fetch_together(const CacheAside& step, Work& work, const Reply& found,
                              cache::NearRead* read);
  Task<Status> fetch(const CacheAside& step, Work& work, const Reply& found, cache::NearRead* read);
  Task<> renew(const CacheAside& step, Work work, Reply found);
  Task<Status> parallel(const Parallel& step, Work& work);
  Task<bool> one_list(const Block& block, Work work, Status& failure);
  Task<Status> repeat(const Repeat& step, RandomKey key, Work& work);
  Task<Status> locked(const Lock& step, Work& work);
  Task<> take_worker(Work& work);
  RequestRandom draw(const Compiled& step, Work& work) const {
    return RequestRandom(step.key, work.request.id, work.request.path + ++work.turn);
  }

  Component& owner_;
  Directory& directory_;
  std::uint32_t steps_ = 0;
  std::deque<CallSite> sites_;
  std::deque<CacheState> caches_;
  std::map<std::string, cache::NearCaches> near_caches_;  // by callee
  std::map<std::string, Locks> locks_;
};

}  // namespace highwater::steps

#include "models/steps/program.h"

#include <string_view>
#include <tuple>
#include <utility>

#include "engine/describe/value.h"
#include "engine/kernel/combine.h"

namespace highwater::steps {

Resource& Locks::of(std::uint64_t key) {
  return by_key.try_emplace(key, simulation, 1u).first->second;
}

void Locks::tidy(std::uint64_t key) {
  const auto found = by_key.find(key);
  if (found != by_key.end() && found->second.busy() == 0) by_key.erase(found);
}

namespace {

/// Makes compiled verbs of declared steps; one overload for each verb.
struct Compiler {
  Program& program;
  Component& owner;
  std::map<std::string, Locks>& locks;

  Compute operator()(const ComputeStep& step) const { return {step.compute}; }
  Wait operator()(const WaitStep& step) const { return {step.wait}; }
  CallOut operator()(const CallStep& step) const {
    return {&program.site(step.call.id, step.policy, false, step.routing), step.op,
            owner.world().symbols.intern(step.endpoint.value_or("")),
            step.op == Operation::read ? nullptr : program.near_caches(step.call.id)};
  }
  CacheAside operator()(const CacheStep& step) const {
    CallSite& site = program.site(step.cache.id, step.policy);
    CallSite& store = program.site(step.cache.id, step.policy);
    cache::NearCaches* const local = step.local ? program.near_caches(step.cache.id) : nullptr;
    if (local != nullptr) local->use(*step.local);
    return {&site, &store, &step, &program.cache_state(step), local, program.compile(step.miss)};
  }
  CallOut operator()(const PublishStep& step) const {
    return {&program.site(step.publish.id, step.policy, true), Operation::write, kNoSymbol};
  }
  Parallel operator()(const ParallelStep& step) const {
    Parallel parallel{{}, step.quorum.value_or(static_cast<std::uint32_t>(step.parallel.size()))};
    for (const std::vector<Step>& list : step.parallel)
      parallel.lists.push_back(program.compile(list));
    return parallel;
  }
  Choose operator()(const ChooseStep& step) const {
    Choose choose;
    double sum = 0;
    for (const Branch& branch : step.choose) {
      choose.up_to.push_back(sum += branch.p.value);
      choose.lists.push_back(program.compile(branch.steps));
    }
    return choose;
  }
  Repeat operator()(const RepeatStep& step) const {
    Repeat repeat{1, 0, program.compile(step.repeat.steps)};
    if (const FixedTimes* fixed = step.repeat.times.as<FixedTimes>()) repeat.times = fixed->times;
    if (const GeometricTimes* tail = step.repeat.times.as<GeometricTimes>())
      repeat.again = tail->geometric.p.value;
    return repeat;
  }
  Lock operator()(const LockStep& step) const {
    Locks& named = locks.try_emplace(step.lock, owner.world().simulation).first->second;
    named.keyed = named.keyed || step.keyed;
    return {&named, step.keyed, program.compile(step.steps)};
  }
  Respond operator()(const RespondStep& step) const {
    return {step.respond >= 500 ? Status::error : Status::ok};
  }
  Fail operator()(const FailStep& step) const { return {step.fail.value}; }
};

/// The list that a uniform number chooses; null for none.
const Block* chosen(const Choose& choose, double uniform) {
  for (std::size_t i = 0; i < choose.lists.size(); ++i)
    if (uniform < choose.up_to[i]) return &choose.lists[i];
  return nullptr;
}

}  // namespace

namespace {

/// The endpoint that a call names; empty where it names none.
std::string endpoint_of(const Value& call) {
  const Value* const named = call.find("endpoint");
  return named != nullptr && named->is_string() ? named->text() : "";
}

}  // namespace

void examine_calls(const Value& steps, const std::string& path, const Directory& directory,
                   Problems& problems) {
  if (steps.is_array()) {
    for (std::size_t i = 0; i < steps.elements().size(); ++i)
      examine_calls(steps.elements()[i], pointer_to(path, i), directory, problems);
  } else if (steps.is_object()) {
    if (const Value* call = steps.find("call"); call != nullptr && call->is_string()) {
      const Value* const named = steps.find("endpoint");
      require_endpoint(directory.component(call->text()), named ? named->text() : "",
                       named ? *named : *call, pointer_to(path, named ? "endpoint" : "call"),
                       problems);
    }
    if (const Value* publish = steps.find("publish"); publish != nullptr && publish->is_string())
      if (const Component& taker = directory.component(publish->text()); !taker.answers(kNoSymbol))
        problems.error(publish->position(), pointer_to(path, "publish"),
                       in_quotes(taker.id()) +
                           " has several endpoints, of which a message names "
                           "none");
    const Value* const cached = steps.find("cache");
    if (const Value* local = steps.find("local");
        local != nullptr && cached != nullptr && cached->is_string()) {
      const auto* const remote =
          dynamic_cast<const cache::RemoteTier*>(&directory.component(cached->text()));
      if (remote == nullptr || !remote->takes_near_caches())
        problems.error(local->position(), pointer_to(path, "local"),
                       "stands in front of a cache beside the data, which " +
                           in_quotes(cached->text()) + " is not");
    }
    if (const Value* call = steps.find("call"); call != nullptr && call->is_string())
      examine_routing(steps, path, call->text(), {endpoint_of(steps)}, directory, problems);
    for (const Value::Member& member : steps.members())
      examine_calls(member.value, pointer_to(path, member.key), directory, problems);
  }
}

namespace {

/// Of a pool or transport as declared, what all calls to one callee have in common.
Value shared_part(std::string_view what, const Value& declared) {
  if (what != "transport") return declared;
  Problems reported;  // when it was read
  TransportParams params;
  Quantity<TransportParams>::read(declared, "", reported, params);
  return Quantity<TransportParams>::write(params.without_sizes());
}

}  // namespace

void examine_shared(const Value& steps, const std::string& path, SeenShared& seen,
                    Problems& problems) {
  if (steps.is_array()) {
    for (std::size_t i = 0; i < steps.elements().size(); ++i)
      examine_shared(steps.elements()[i], pointer_to(path, i), seen, problems);
  } else if (steps.is_object()) {
    const auto compare = [&](const char* verb, const char* name, SeenShared::ByCallee& known,
                             const char* what) {
      const Value* const callee = steps.find(verb);
      const Value* const given = steps.find(name);
      if (callee == nullptr || !callee->is_string() || given == nullptr) return;
      const Value& first = *known.try_emplace(callee->text(), given).first->second;
      if (!(shared_part(name, first) == shared_part(name, *given)))
        problems.error(given->position(), pointer_to(path, name),
                       "the calls of a process to " + in_quotes(callee->text()) + " share one " +
                           what + ", and another step says " +
                           write_json_line(shared_part(name, first)));
    };
    for (const char* verb : {"call", "cache", "publish"}) {
      compare(verb, "pool", seen.pools, "pool");
      compare(verb, "transport", seen.transports, "transport");
    }
    compare("cache", "local", seen.locals, "local tier");
    for (const Value::Member& member : steps.members())
      examine_shared(member.value, pointer_to(path, member.key), seen, problems);
  }
}

CallSite& Program::site(const std::string& callee, const CallPolicy& policy, bool asynchronous,
                        const RoutingParams& routing) {
  Edge& edge = directory_.edge(owner_, directory_.component(callee), asynchronous);
  // A process has the connections of a transport to a callee once, whatever places call it.
  const auto known = [&](const Edge& over) -> std::shared_ptr<Transports> {
    if (!policy.transport) return nullptr;
    for (const CallSite& other : sites_) {
      if (&other.edge() == &over && other.transports()) return other.transports();
      for (const CallSite& split : other.splits())
        if (&split.edge() == &over && split.transports()) return split.transports();
    }
    return nullptr;
  };
  CallSite& made = sites_.emplace_back(owner_.world(), edge, policy, steps_++,
                                       fallback_edge(directory_, owner_, policy), known(edge));
  made.route_by(routing, directory_, known);
  if (policy.pool) {
    share_pools(made);
    for (CallSite& split : made.splits()) share_pools(split);
  }
  return made;
}

/// A process has one pool for a callee: that of the first place that calls it.
void Program::share_pools(CallSite& made) {
  const auto is_it = [&](const CallSite& other) {
    return &other.edge() == &made.edge() && other.pools() != nullptr;
  };
  for (const CallSite& site : sites_) {
    if (is_it(site)) return made.share_pools_of(site);
    for (const CallSite& split : site.splits())
      if (is_it(split)) return made.share_pools_of(split);
  }
}

cache::NearCaches* Program::near_caches(const std::string& callee) {
  Component& component = directory_.component(callee);
  auto* const remote = dynamic_cast<cache::RemoteTier*>(&component);
  if (remote == nullptr || !remote->takes_near_caches()) return nullptr;
  return &near_caches_.try_emplace(callee, owner_, directory_.edge(owner_, component), *remote)
              .first->second;
}

bool Program::has_local_tiers() const {
  return std::any_of(near_caches_.begin(), near_caches_.end(),
                     [](const auto& tier) { return tier.second.is_used(); });
}

std::uint64_t Program::drop_local(const Instance& process, double share, RandomKey salt) {
  std::uint64_t dropped = 0;
  for (auto& [callee, tiers] : near_caches_)
    if (tiers.is_used()) dropped += tiers.drop(process, share, salt);
  return dropped;
}

Locks* Program::locks(const std::string& name) {
  const auto found = locks_.find(name);
  return found == locks_.end() ? nullptr : &found->second;
}

const Locks* Program::locks(const std::string& name) const {
  const auto found = locks_.find(name);
  return found == locks_.end() ? nullptr : &found->second;
}

Task<> Program::hold(Locks& locks, std::uint64_t key, std::shared_ptr<Keeping> until) {
  {
    const Lease held = co_await locks.of(key).acquire();
    co_await Keeping::wait_for_end(until);
  }
  locks.tidy(key);
}

Block Program::compile(const std::vector<Step>& steps) {
  Block block;
  block.reserve(steps.size());
  for (const Step& step : steps) block.push_back(compile(step));
  return block;
}

Compiled Program::compile(const Step& step) {
  const std::uint32_t number = steps_++;
  const RandomKey key = owner_.world().key(owner_.id(), "step " + std::to_string(number));
  const Compiler compiler{*this, owner_, locks_};
  return std::visit(
      [&](const auto& form) -> Compiled {
        return {compiler(form), key, number};
      },
      step.form);
}

std::vector<std::string> changeable_steps(const std::string& before) {
  std::vector<std::string> names;
  for (const char* verb : {"compute", "wait", "fail"})
    names.push_back("=" + before + ".**." + verb);
  for (std::string& name : changeable_policy(before + ".**.")) names.push_back(std::move(name));
  return names;
}

namespace {

/// Changes compiled verbs to what the steps now say; one overload for each verb.
struct Changer {
  Compiled& made;

  template <class Verb>
  Verb& verb() const {
    return std::get<Verb>(made.verb);
  }
  void operator()(const ComputeStep& step) const { verb<Compute>().time = step.compute; }
  void operator()(const WaitStep& step) const { verb<Wait>().time = step.wait; }
  void operator()(const CallStep& step) const { verb<CallOut>().site->reconfigure(step.policy); }
  void operator()(const PublishStep& step) const { verb<CallOut>().site->reconfigure(step.policy); }
  void operator()(const CacheStep& step) const {
    CacheAside& aside = verb<CacheAside>();
    aside.site->reconfigure(step.policy);
    aside.store->reconfigure(step.policy);
    Program::reconfigure(aside.miss, step.miss);
  }
  void operator()(const ParallelStep& step) const {
    for (std::size_t i = 0; i < step.parallel.size(); ++i)
      Program::reconfigure(verb<Parallel>().lists[i], step.parallel[i]);
  }
  void operator()(const ChooseStep& step) const {
    for (std::size_t i = 0; i < step.choose.size(); ++i)
      Program::reconfigure(verb<Choose>().lists[i], step.choose[i].steps);
  }
  void operator()(const RepeatStep& step) const {
    Program::reconfigure(verb<Repeat>().steps, step.repeat.steps);
  }
  void operator()(const LockStep& step) const {
    Program::reconfigure(verb<Lock>().steps, step.steps);
  }
  void operator()(const RespondStep&) const {}
  void operator()(const FailStep& step) const { verb<Fail>().probability = step.fail.value; }
};

}  // namespace

void Program::reconfigure(Block& block, const std::vector<Step>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) std::visit(Changer{block[i]}, steps[i].form);
}

Task<Status> Program::run(const Block& block, Work& work) {
  Simulation& simulation = owner_.world().simulation;
  for (const Compiled& step : block) {
    Status status = Status::ok;
    if (std::holds_alternative<Compute>(step.verb)) {
      if (work.worker != nullptr && !*work.worker) co_await take_worker(work);
      co_await compute(step, work);
    } else if (const auto* call = std::get_if<CallOut>(&step.verb)) {
      work.step_back();
      Request request = work.request.descend(call->site->step(), ++work.turn);
      request.operation = call->operation;
      request.endpoint = call->endpoint;
      Reply reply;
      if (call->site->is_plain())
        reply = co_await Call(*call->site, work.instance, request);
      else
        reply = co_await call->site->call(work.instance, request);
      status = reply.cause();
      work.missing = reply.missing;
      if (call->local != nullptr) [[unlikely]]
        call->local->forget(work.instance, work.request.key);
    } else if (const auto* cache = std::get_if<CacheAside>(&step.verb)) {
      status = co_await cache_aside(*cache, work);
    } else if (const auto* wait = std::get_if<Wait>(&step.verb)) {
      RequestRandom random = draw(step, work);
      const Duration time = wait->time.draw(random);
      work.step_back();
      co_await simulation.delay(time);
    } else {
      status = co_await composite(step, work);
    }
    if (status != Status::ok) co_return status;
  }
  co_return Status::ok;
}

Task<Status> Program::composite(const Compiled& step, Work& work) {
  if (const auto* repeat = std::get_if<Repeat>(&step.verb))
    co_return co_await this->repeat(*repeat, step.key, work);
  if (const auto* lists = std::get_if<Parallel>(&step.verb))
    co_return co_await parallel(*lists, work);
  if (const auto* lock = std::get_if<Lock>(&step.verb)) co_return co_await locked(*lock, work);
  RequestRandom random = draw(step, work);
  if (const auto* choose = std::get_if<Choose>(&step.verb)) {
    const Block* list = chosen(*choose, random.uniform());
    if (list == nullptr) co_return Status::ok;
    co_return co_await run(*list, work);
  }
  if (const auto* respond = std::get_if<Respond>(&step.verb)) {
    if (work.answer != nullptr && *work.answer) work.answer->reply(respond->status);
    co_return Status::ok;
  }
  co_return random.uniform() < std::get<Fail>(step.verb).probability ? Status::error : Status::ok;
}

Task<Status> Program::parallel(const Parallel& step, Work& work) {
  work.step_back();
  const std::uint64_t first = work.turn;
  work.turn += step.lists.size();
  Status failure = Status::error;
  std::vector<Task<bool>> lists;
  lists.reserve(step.lists.size());
  for (std::size_t i = 0; i < step.lists.size(); ++i) {
    Work branch = work.branch(first + i);
    lists.push_back(one_list(step.lists[i], branch, failure));
  }
  const QuorumResult<bool> result =
      co_await quorum(owner_.world().simulation, step.quorum, std::move(lists));
  co_return result.reached ? Status::ok : failure;
}

Task<bool> Program::one_list(const Block& block, Work work, Status& failure) {
  // Lists that compute at the same time each take a worker of their own.
  Lease worker;
  if (work.gives_back) work.worker = &worker;
  const Status status = co_await run(block, work);
  if (status != Status::ok) failure = status;
  co_return status == Status::ok;
}

Task<Status> Program::repeat(const Repeat& step, RandomKey key, Work& work) {
  RequestRandom random(key, work.request.id, work.request.path + ++work.turn);
  for (std::uint64_t done = 0;; ++done) {
    if (step.again == 0 && done == step.times) co_return Status::ok;
    const Status status = co_await run(step.steps, work);
    if (status != Status::ok) co_return status;
    if (step.again > 0 && random.uniform() >= step.again) co_return Status::ok;
  }
}

Task<Status> Program::locked(const Lock& step, Work& work) {
  work.step_back();
  const std::uint64_t key = step.keyed ? work.request.key : 0;
  Status status = Status::ok;
  {
    const Lease held = co_await step.locks->of(key).acquire();
    status = co_await run(step.steps, work);
  }
  step.locks->tidy(key);
  co_return status;
}

Task<> Program::take_worker(Work& work) {
  // Not subject to the line's capacity: the request was admitted when it came.
  Lease worker =
      co_await work.workers->acquire(AcquireOptions{work.request.priority, kNever, true});
  *work.worker = std::move(worker);
}

}  // namespace highwater::steps

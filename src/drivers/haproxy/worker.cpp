#include "drivers/haproxy/worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "drivers/haproxy/carrier.h"

namespace slipway::haproxy {
namespace {

constexpr auto kLookEvery = 1s;
constexpr auto kRepairEvery = 20ms;

std::int64_t steady_us() {
  return std::chrono::duration_cast<Duration>(Clock::now().time_since_epoch()).count();
}

}  // namespace

Haproxy::Worker::Worker(Settings settings, Sink& sink)
    : proxy_(std::move(settings)), sink_(sink), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  proxy_.adopt();
  turned_us_ = steady_us();
  thread_ = std::thread([this] { run(); });
}

void Haproxy::Worker::push(Verb verb, Issued issued) {
  {
    std::lock_guard lock(mutex_);
    queue_.emplace_back(verb, std::move(issued));
  }
  ::eventfd_write(wake_, 1);
}

void Haproxy::Worker::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (wake_ >= 0) ::eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
  if (wake_ >= 0) ::close(wake_);
  wake_ = -1;
}

// The socket's path never changes, so that any thread may ask.
Result<> Haproxy::Worker::answers() const {
  const Info info = TRY(proxy_.info());
  if (info.node == "slipway") return {};
  return fail(Fault::unavailable, "another proxy answers at {}", proxy_.paths().socket());
}

Duration Haproxy::Worker::silent() const { return Duration(steady_us() - turned_us_); }

Result<> Haproxy::Worker::shutdown() { return proxy_.shutdown(); }

void Haproxy::Worker::run() {
  auto next_look = Clock::now() + kLookEvery;
  for (;;) {
    std::optional<std::pair<Verb, Issued>> job;
    turned_us_ = steady_us();
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      if (!queue_.empty()) {
        job = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    const auto now = Clock::now();
    auto until = broken_.empty() ? next_look : std::min(next_look, now + kRepairEvery);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
    pollfd fds[2] = {{wake_, POLLIN, 0}, {proxy_.watch_fd(), POLLIN, 0}};
    ::poll(fds, 2, job || left < 0 ? 0 : static_cast<int>(left));
    eventfd_t ignored = 0;
    if (fds[0].revents) ::eventfd_read(wake_, &ignored);
    if (fds[1].revents || Clock::now() >= next_look) {
      look();
      next_look = Clock::now() + kLookEvery;
    } else if (!broken_.empty()) {
      repair();
    }
    if (job) serve(job->first, job->second);
  }
}

Haproxy::Worker::Site& Haproxy::Worker::site(const SiteId& id) {
  Site& site = sites_[id];
  site.id = id;
  return site;
}

void Haproxy::Worker::serve(Verb verb, const Issued& issued) {
  Site& s = site(issued.site);
  if (verb == Verb::remember) {
    if (s.known) return;
    s.route = std::get<Apply>(issued.command).route;
    s.known = true;
    s.in_force = has(issued.site.name(), s.route).value_or(false);
    return;
  }
  Outcome outcome;
  try {
    outcome = act(verb, s, issued);
  } catch (const InvariantBroken& broken) {
    outcome = Failed{.error = {Fault::internal, broken.what()}, .retryable = false};
  }
  sink_.answer(issued.site, issued.id, issued.attempt, std::move(outcome));
}

Outcome Haproxy::Worker::act(Verb verb, Site& s, const Issued& issued) {
  if (verb == Verb::cancel) {
    // What was set stays set until the next route says otherwise; nothing goes on by itself.
    if (s.shifting) probe_.disarm(issued.site.name());
    s.shifting.reset();
    s.draining.reset();
    s.begun = 0;
    return Done{};
  }
  const bool observe = verb == Verb::observe;
  const bool ours = s.begun == issued.id;
  if (!observe) s.begun = issued.id;
  if (const auto* apply_it = std::get_if<Apply>(&issued.command)) {
    if (!observe || ours) return apply(s, apply_it->route, false);
    const auto there = has(issued.site.name(), apply_it->route);
    if (there && *there) {
      s.route = apply_it->route;
      s.known = s.in_force = true;
      return Done{};
    }
  } else if (const auto* shift_it = std::get_if<Shift>(&issued.command)) {
    if (observe && ours && s.shifting) return measure(s, *shift_it);
    if (!observe || ours) return shift(s, issued, *shift_it);
  } else if (const auto* drain_it = std::get_if<Drain>(&issued.command)) {
    if (observe && ours && s.draining) return drained(s, *drain_it);
    if (!observe || ours) return drain(s, issued, *drain_it);
  }
  return Failed{.error = {Fault::missing, "the agent was restarted before this was done"}};
}

// ---- the driver's door -------------------------------------------------------------------------

Haproxy::Haproxy(Settings settings, Sink& sink)
    : worker_(std::make_unique<Worker>(std::move(settings), sink)) {}
Haproxy::~Haproxy() = default;

bool Haproxy::takes(const Command& command) const {
  return std::holds_alternative<Apply>(command) || std::holds_alternative<Shift>(command) ||
         std::holds_alternative<Drain>(command);
}

void Haproxy::begin(const Issued& issued) { worker_->push(Worker::Verb::begin, issued); }
void Haproxy::observe(const Issued& issued) { worker_->push(Worker::Verb::observe, issued); }
void Haproxy::cancel(const Issued& issued) { worker_->push(Worker::Verb::cancel, issued); }
void Haproxy::stop() { worker_->stop(); }
void Haproxy::on_row(const Row& row) { worker_->probe().on_row(row); }
std::vector<Given> Haproxy::given() { return worker_->given().take(); }
std::uint64_t Haproxy::dropped_rows() { return worker_->take_dropped(); }
void Haproxy::remember(const SiteId& id, const Route& route) {
  worker_->push(Worker::Verb::remember, {.site = id, .command = Apply{route}});
}
Result<> Haproxy::shutdown() {
  worker_->stop();
  return worker_->shutdown();
}
Result<> Haproxy::answers() const { return worker_->answers(); }
Duration Haproxy::silent() const { return worker_->silent(); }
std::string Haproxy::row_path() const { return worker_->row_path(); }

}  // namespace slipway::haproxy

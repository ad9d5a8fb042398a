// The whole effective configuration as text: one line a setting, each with where it comes from.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "config/config.h"
#include "config/units.h"

namespace slipway::config {
namespace {

std::string shown(Duration d) {
  const auto us = d.count();
  for (const auto& [unit, name] :
       {std::pair{3'600'000'000LL, "h"}, {60'000'000LL, "m"}, {1'000'000LL, "s"}, {1'000LL, "ms"}})
    if (us != 0 && us % unit == 0) return fmt::format("{}{}", us / unit, name);
  return us == 0 ? "0s" : fmt::format("{}us", us);
}

std::string quoted(const std::string& s) {
  std::string out = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& s : list) out += (out.empty() ? "" : ", ") + quoted(s);
  return "[" + out + "]";
}

std::string signal_name(int number) {
  for (const char* name : {"TERM", "INT", "QUIT", "HUP", "KILL", "USR1", "USR2"})
    if (parse_signal(name) == number) return name;
  return std::to_string(number);
}

std::string criterion(const CriterionText& c) {
  return quoted(c.metric.empty() ? c.text : c.metric + " " + c.text);
}

class Sheet {
 public:
  explicit Sheet(const Effective& e) : e_(e) {}

  std::string text() {
    runs();
    routes();
    health();
    policy();
    release();
    std::size_t keys = 0, values = 0;
    for (const auto& l : lines_) {
      keys = std::max(keys, l.key.size());
      if (l.value.size() <= 60) values = std::max(values, l.value.size());
    }
    std::string out = fmt::format("{}/{}\n", e_.environment, e_.service);
    for (const auto& l : lines_)
      out += fmt::format("  {:<{}} = {:<{}}   # {}\n", l.key, keys, l.value, values, l.origin);
    return out;
  }

 private:
  struct Line {
    std::string key, value, origin;
  };

  void line(const std::string& key, const std::string& value, const text::Place& place) {
    lines_.push_back(
        {key, value, place.line > 0 ? fmt::format("{}:{}", place.file, place.line) : "default"});
  }
  void line(const std::string& key, const std::string& value) {
    const auto found = e_.origins.find(key);
    line(key, value, found == e_.origins.end() ? text::Place{} : found->second);
  }
  static std::string yes(bool b) { return b ? "true" : "false"; }

  void runs() {
    if (e_.platform == "local") processes();
    if (e_.contained()) containers();
    variables();
  }

  void processes() {
    line("run",
         e_.run_is_shell && !e_.run.value.empty() ? quoted(e_.run.value.front())
                                                  : joined(e_.run.value),
         e_.run.origin);
    line("artifact", e_.artifact.value.empty() ? "told from run" : quoted(e_.artifact.value),
         e_.artifact.origin);
    line("folder", quoted(e_.folder));
  }

  void variables() {
    for (const auto& [name, s] : e_.env) line("env." + name, quoted(s.value), s.origin);
    for (const auto& name : e_.secrets) {
      const bool missing = std::ranges::find(e_.missing, name) != e_.missing.end();
      line("env." + name, missing ? "(secret, missing)" : "(secret)");
    }
    for (const auto& [name, s] : e_.values) line("values." + name, quoted(s.value), s.origin);
  }

  void containers() {
    const ContainerSettings& c = e_.container;
    const auto origin = [&](const char* key) {
      const auto found = e_.origins.find(key);
      return found == e_.origins.end() ? text::Place{} : found->second;
    };
    line("image", quoted(c.image.value), c.image.origin);
    line("port", std::to_string(c.port), origin("port"));
    line(e_.platform + ".host", c.host);
    if (!c.tls.empty()) line(e_.platform + ".tls", quoted(c.tls));
    line(e_.platform + ".network", c.network.empty() ? "default" : c.network);
    line(e_.platform + ".command", c.command.empty() ? "the image's own" : joined(c.command));
    line(e_.platform + ".restart", c.restart.empty() ? "no" : c.restart);
    line(e_.platform + ".user", c.user.empty() ? "the image's own" : c.user);
    line(e_.platform + ".read_only", yes(c.read_only));
    line(e_.platform + ".init", yes(c.init));
    line(e_.platform + ".secrets", c.open_secrets ? "environment" : "files");
    if (e_.platform == "swarm") {
      line("swarm.rolling", c.rolls ? "swarm" : "slipway", origin("swarm.rolling"));
      line("swarm.failure_action", c.failure_action, origin("swarm.failure_action"));
    }
    if (e_.build.written()) {
      line("build.context", quoted(e_.build.context), e_.build.place);
      line("build.dockerfile", quoted(e_.build.dockerfile));
      line("build.target", e_.build.target.empty() ? "the last stage" : e_.build.target);
      for (const auto& [name, value] : e_.build.args) line("build.args." + name, quoted(value));
      line("build.keep", e_.build.keep == 0 ? "all" : std::to_string(e_.build.keep));
      if (!e_.build.cache_from.empty()) line("build.cache_from", joined(e_.build.cache_from));
    }
    line("resources.cpu", c.milli_cpus == 0 ? "none" : fmt::format("{}m", c.milli_cpus));
    line("resources.memory", c.memory == 0 ? "none" : fmt::format("{}", c.memory));
  }

  void routes() {
    line("platform", e_.platform);
    line("router", e_.router);
    line("listen", e_.listen.value.empty() ? "none" : e_.listen.value, e_.listen.origin);
    line("hosts", joined(e_.hosts));
    line("sticky", e_.sticky.empty() ? "none" : e_.sticky);
  }

  void health() {
    const Health& h = e_.health;
    line("health.kind", h.kind);
    if (h.kind == "http") line("health.path", quoted(h.path));
    if (h.kind == "http") line("health.status", fmt::format("{}-{}", h.status_min, h.status_max));
    if (h.kind == "command") line("health.command", joined(h.command));
    line("health.interval", shown(h.interval));
    line("health.timeout", shown(h.timeout));
    line("health.start_timeout", shown(h.start_timeout));
    line("health.healthy_threshold", std::to_string(h.healthy_threshold));
    line("health.unhealthy_threshold", std::to_string(h.unhealthy_threshold));
    line("stop.signal", signal_name(e_.stop_signal));
    line("stop.drain", shown(e_.drain));
  }

  void policy() {
    line("replicas", std::to_string(e_.replicas.value), e_.replicas.origin);
    line("auto_deploy", yes(e_.auto_deploy));
    line("approval_required", yes(e_.approval.required));
    line("approval.approvers", std::to_string(e_.approval.approvers));
    line("approval.requester_may", yes(e_.approval.requester_may));
    line("approval.timeout", shown(e_.approval.timeout));
    line("after", e_.after.empty() ? "none" : e_.after);
    line("when_busy", e_.when_busy);
    line("rollback_on_failure", yes(e_.rollback_on_failure));
    line("canary_enabled", yes(e_.canary_enabled));
    line("versions", e_.versions_semantic ? "semantic" : "any");
  }

  void release() {
    line("strategy", e_.strategy.value, e_.strategy.origin);
    int n = 0;
    for (const auto& s : e_.stages) {
      std::string value = fmt::format("{}{:.6g} % for {}", s.name.empty() ? "" : s.name + ": ",
                                      s.percent, s.duration ? shown(*s.duration) : "0s");
      for (const auto& c : s.criteria) value += " " + criterion(c);
      line(fmt::format("stages.{}", ++n), value, s.place);
    }
    n = 0;
    for (const auto& s : e_.steps) line(fmt::format("steps.{}", ++n), step(s), s.place);
    n = 0;
    for (const auto& c : e_.triggers) line(fmt::format("rollback.{}", ++n), criterion(c), c.place);
    n = 0;
    for (const auto& s : e_.smoke)
      line(fmt::format("smoke.{}", ++n),
           fmt::format("{} {} {}{}", s.method, s.endpoint, s.expected_status,
                       s.expected_response ? " " + quoted(*s.expected_response) : ""),
           s.place);
    for (const auto& m : e_.metrics)
      line("metrics." + m.name,
           fmt::format("{} {} each {}{}", m.source, m.kind, shown(m.interval),
                       m.bad.empty() ? "" : ", bad is " + m.bad),
           m.place);
    line("monitor", shown(e_.monitor));
    line("keep_warm", e_.keep_warm ? shown(*e_.keep_warm) : "default");
    line("max_surge", e_.max_surge);
    line("max_unavailable", e_.max_unavailable);
    line("analysis.false_rollback_budget", fmt::format("{:.6g}%", e_.alpha * 100));
    line("analysis.deadline", e_.deadline ? shown(*e_.deadline) : "default");
    line("analysis.on_no_data", e_.on_no_data);
    line("analysis.on_stale_data", e_.on_stale_data);
    line("analysis.on_too_little_data", e_.on_too_little_data);
    line("analysis.on_bad_data", e_.on_bad_data);
    line("analysis.on_inconclusive", e_.on_inconclusive);
    line("analysis.on_unattended", e_.on_unattended);
    line("analysis.pace", e_.pace_by_evidence ? "evidence" : "duration");
    line("analysis.holdback", fmt::format("{:.6g}%", e_.holdback / 100.0));
    line("analysis.defaults", yes(e_.judge_defaults));
    line("analysis.risk_budget", fmt::format("{:.6g}%", e_.risk_budget * 100));
    line("analysis.only_if_stable_ok", yes(e_.only_if_stable_ok));
    line("analysis.dedupe_by_client", yes(e_.by_client));
    line("analysis.warmup", shown(e_.warmup));
    line("analysis.latency_floor", shown(e_.latency_floor));
  }

  static std::string step(const WrittenStep& s) {
    std::string out = s.verb;
    if (s.verb == "shift") out += fmt::format(" {:.6g} %", s.percent);
    if (s.instances) out += fmt::format(" {}", *s.instances);
    if (!s.who.empty()) out += " " + s.who;
    if (s.approval) out += " approval";
    if (s.duration) out += " " + shown(*s.duration);
    for (const auto& c : s.criteria) out += " " + criterion(c);
    return out;
  }

  const Effective& e_;
  std::vector<Line> lines_;
};

}  // namespace

std::string show(const Config& config, const std::string& environment) {
  std::string out = fmt::format("config {}\n", config.digest);
  for (const auto& name : config.environments) {
    if (!environment.empty() && name != environment) continue;
    for (const auto& service : config.services)
      if (const Effective* e = config.find(name, service)) out += "\n" + Sheet(*e).text();
  }
  if (!environment.empty()) return out;
  const auto or_none = [](const std::string& text) { return text.empty() ? "none" : text; };
  return out + fmt::format("\nagent\n  listen = {}\n  url    = {}\n  tls    = {}\n",
                           or_none(config.agent.listen), or_none(config.agent.url),
                           config.agent.own ? "own" : or_none(config.agent.certificate));
}

}  // namespace slipway::config

// Binding's second half: where requests come in, when an instance is well, how a release goes out.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/limits.h"
#include "config/binding.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

bool is_host(std::string_view s) {
  return !s.empty() && s.size() <= 253 && std::ranges::all_of(s, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080".
bool is_address(std::string_view s) {
  const auto colon = s.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto port = parse_integer(s.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return false;
  const std::string_view host = s.substr(0, colon);
  if (!host.starts_with('[')) return host == "*" || is_host(host);
  return host.ends_with(']') && host.size() > 3 &&
         host.find_first_not_of("0123456789abcdefABCDEF:.[]") == std::string_view::npos;
}

// A word of a closed list, of which this version has the first ones.
std::string only(Ledger& ledger, const Node* n, const char* key,
                 const std::vector<std::string>& ours, const std::vector<std::string>& later) {
  if (!n) return ours.front();
  const std::string word = n->is_scalar() ? canonical(n->scalar) : "";
  if (std::ranges::find(ours, word) != ours.end()) return word;
  const std::string has = fmt::format("this version has `{}: {}`", key,
                                      fmt::join(ours, fmt::format("` and `{}: ", key)));
  if (std::ranges::find(later, word) != later.end()) {
    ledger.not_supported(n->place, fmt::format("{}: {}", key, n->scalar), has);
    return ours.front();
  }
  std::vector<std::string> known = later;
  known.insert(known.end(), ours.begin(), ours.end());
  const std::string near = text::nearest(word, known);
  ledger.error(n->place, "bad_value", fmt::format("`{}` is not a {}", n->scalar, key),
               near.empty() ? has : fmt::format("did you mean `{}`?", near));
  return ours.front();
}

}  // namespace

void Binding::route() {
  out_.platform = only(ledger_, find("platform"), "platform", {"local", "docker", "swarm"},
                       {"vm", "kubernetes", "ecs", "lambda", "edge"});
  only(ledger_, find("router"), "router", {"haproxy"},
       {"nginx", "service", "gateway_api", "istio", "ingress_nginx", "alb", "lambda_alias",
        "route53", "cloudflare", "api_gateway"});
  if (const Node* n = find("listen")) {
    out_.listen = {open_text(*n, "listen"), n->place};
    if (!is_address(out_.listen.value))
      ledger_.error(
          n->place, "bad_value",
          fmt::format("`listen` must be an address and a port, not `{}`", out_.listen.value),
          "such as 127.0.0.1:8080");
  }
  if (const Fields* f = holder("hosts")) {
    keep("hosts", *f->get("hosts"));
    for (const Node* n : f->list("hosts")) {
      out_.hosts.push_back(lower(open_text(*n, "hosts")));
      if (!is_host(out_.hosts.back()))
        ledger_.error(n->place, "bad_value",
                      fmt::format("`{}` is not a host name", out_.hosts.back()),
                      "such as app.example.com");
    }
  }
}

void Binding::health_section(const Node* node, const char* name) {
  Health& h = out_.health;
  const Fields f(ledger_, node, name,
                 name == std::string_view("health") ? name : "deployment.health_checks");
  if (!f.written()) return;
  const auto take = [&](const char* key, Duration& slot) {
    const auto d = f.duration(key, 1s);
    if (!d) return;
    if (d->count() <= 0)
      return ledger_.error(f.get(key)->place, "out_of_range",
                           fmt::format("`{}` must be longer than nothing", key));
    slot = *d;
    keep(fmt::format("health.{}", key), *f.get(key));
  };
  const auto count = [&](const char* key, const char* path, int& slot) {
    if (const auto n = f.integer(key, 1, 1000)) {
      slot = *n;
      keep(fmt::format("health.{}", path), *f.get(key));
    }
  };
  take("interval", h.interval);
  take("timeout", h.timeout);
  if (name == std::string_view("health_defaults")) {
    count("retries", "unhealthy_threshold", h.unhealthy_threshold);
    if (f.get("timeout") || f.get("retries"))
      h.start_timeout = f.get("timeout") && f.get("retries")
                            ? std::min<Duration>(h.timeout * h.unhealthy_threshold, 24h)
                            : h.start_timeout;
    return;
  }
  take("start_timeout", h.start_timeout);
  count("healthy_threshold", "healthy_threshold", h.healthy_threshold);
  count("unhealthy_threshold", "unhealthy_threshold", h.unhealthy_threshold);
  if (const Node* n = f.get("path")) {
    h.kind = "http";
    h.path = open_text(*n, "health.path");
    keep("health.path", *n);
    if (!h.path.starts_with('/') || h.path.find_first_of(" \r\n\t") != std::string::npos)
      ledger_.error(n->place, "bad_value", fmt::format("`path` must be a path, not `{}`", h.path),
                    "such as /up");
  }
  if (const Node* n = f.get("command")) {
    if (!h.path.empty() && f.get("path"))
      ledger_.error(f.key_place("command"), "both_written",
                    "`path` and `command` are two kinds of check", "keep one of them");
    h.kind = "command";
    h.command.clear();
    if (n->is_scalar()) h.command = {"/bin/sh", "-c", open_text(*n, "health.command")};
    for (const auto& i : n->items) h.command.push_back(open_text(i, "health.command"));
    keep("health.command", *n);
    if (h.command.empty()) ledger_.error(n->place, "empty", "`command` is empty");
  }
  if (const auto text = f.text("status")) {
    const auto dash = text->find('-');
    const auto least = parse_integer(std::string_view(*text).substr(0, dash));
    const auto most =
        dash == std::string::npos ? least : parse_integer(std::string_view(*text).substr(dash + 1));
    if (least && most && *least >= 100 && *most <= 599 && *least <= *most) {
      h.status_min = static_cast<int>(*least);
      h.status_max = static_cast<int>(*most);
      keep("health.status", *f.get("status"));
    } else {
      ledger_.error(f.get("status")->place, "bad_value",
                    fmt::format("`status` must be one or a range of 100 to 599, not `{}`", *text),
                    "such as 200 or 200-399");
    }
  }
}

void Binding::health() {
  out_.health.kind = "tcp";
  const Node* defaults = ground_.deployment.get("health_checks");
  health_section(defaults, "health_defaults");
  const auto before = out_.origins;
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer)
    health_section((*layer)->get("health"), "health");
  for (const auto& [path, place] : before)
    if (path.starts_with("health.") && out_.origins[path] != place)
      ledger_.notice(
          out_.origins[path], "nearer_wins",
          fmt::format("`{}` is also set by `deployment.health_checks` (line {}); this one "
                      "counts",
                      path, place.line));
  if (out_.health.kind == "tcp" && !out_.run.value.empty() && out_.platform == "local")
    ledger_.notice(
        out_.run.origin, "no_health",
        fmt::format("`{}` counts as ready when its port accepts connections", out_.service),
        "`health: { path: /up }` asks the service itself");
}

void Binding::stop() {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    const Fields f(ledger_, (*layer)->get("stop"), "stop", "stop");
    if (const Node* n = f.get("signal")) {
      const auto signal = n->is_scalar() ? parse_signal(n->scalar) : std::nullopt;
      if (signal)
        out_.stop_signal = *signal;
      else
        ledger_.error(n->place, "bad_value", "`signal` must be a signal's name", "such as TERM");
      keep("stop.signal", *n);
    }
    if (const auto d = f.duration("drain", 1s)) {
      out_.drain = *d;
      keep("stop.drain", *f.get("drain"));
    }
  }
}

void Binding::policy() {
  out_.replicas = {1, {}};
  std::vector<const Fields*> all = layers_;
  all.push_back(&ground_.deployment);
  for (const Fields* f : all)
    if (const Node* n = f->get("replicas")) {
      if (const auto count = f->integer("replicas", 1, limits::kReplicas))
        out_.replicas = {*count, n->place};
      break;
    }
  const auto flag = [&](const char* key, bool& slot) {
    if (const Fields* f = holder(key)) {
      slot = f->flag(key).value_or(slot);
      keep(key, *f->get(key));
    }
  };
  flag("auto_deploy", out_.auto_deploy);
  flag("canary_enabled", out_.canary_enabled);
  for (const Fields* f : all)
    if (const Node* n = f->get("when_busy")) {
      out_.when_busy = f->choice("when_busy", {"queue", "supersede", "refuse"}).value_or("queue");
      keep("when_busy", *n);
      break;
    }
  if (const Fields* f = holder("after")) {
    out_.after = f->text("after").value_or("");
    keep("after", *f->get("after"));
  }
}

void Binding::approval() {
  if (const Fields* f = holder("approval_required")) {
    out_.approval.required = f->flag("approval_required").value_or(false);
    keep("approval_required", *f->get("approval_required"));
  }
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    const Fields f(ledger_, (*layer)->get("approval"), "approval", "approval");
    if (const auto n = f.integer("approvers", 1, 100)) out_.approval.approvers = *n;
    if (const auto may = f.flag("requester_may")) out_.approval.requester_may = *may;
    if (const auto d = f.duration("timeout")) out_.approval.timeout = *d;
    for (const char* key : {"approvers", "requester_may", "timeout"})
      if (const Node* n = f.get(key)) keep(fmt::format("approval.{}", key), *n);
  }
}

}  // namespace slipway::config

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include "api/body.h"
#include "api/handlers.h"

namespace slipway::api {
namespace {

// The engine's word about why not, as HTTP (interface page 5: 409 is the state, 422 the request).
int status_of(const Answer& a) {
  if (a.code == "not_supported") return 501;
  if (a.code == "disk_critical") return 503;
  if (a.code == "four_eyes") return 403;
  if (a.code == "refused" || a.code == "look_failed" || a.code == "no_target" ||
      a.code == "version_conflict")
    return 422;
  // Other codes of a release that was looked at come from intake and are about the request.
  for (const char* state : {"busy", "wrong_state", "plan_changed", "superseded", "aborted",
                            "bad_data", "quarantined", "no_return"})
    if (a.code == state) return 409;
  return a.state.empty() ? 422 : 409;
}

Reply refused(const Answer& a) {
  const Because because{a.code, {}};
  std::string text = a.text.empty() ? views::sentence(because) : a.text;
  if (text.empty()) text = "refused";
  return problem(Refusal{a.code, std::move(text), {}, status_of(a), a.state, a.number});
}

}  // namespace

Refusal in_words_of(const Ask& ask, Refusal refusal) {
  if (ask.trigger == "cli") return refusal;
  for (Mistake& m : refusal.mistakes) {
    if (!m.at.starts_with("--")) continue;
    std::string field = "/" + m.at.substr(2);
    std::ranges::replace(field, '-', '_');
    if (m.rendered.starts_with(m.at)) m.rendered.replace(0, m.at.size(), field);
    if (refusal.text.starts_with(m.at)) refusal.text.replace(0, m.at.size(), field);
    m.at = std::move(field);
  }
  return refusal;
}

namespace {

Reply submit(Scene& s, Request request, int status) {
  request.by = s.ask.who.name;
  request.trigger = s.ask.trigger;
  const bool rollback = request.act == Act::rollback;
  auto answer = s.backend.submit(std::move(request), std::exchange(s.mark, std::nullopt));
  if (auto* refusal = std::get_if<Refusal>(&answer))
    return problem(in_words_of(s.ask, std::move(*refusal)));
  const auto& a = std::get<Answer>(answer);
  if (!a.accepted) return refused(a);
  auto object = s.board.deployment(a.number);
  if (!object) {
    // Accepted, but already forgotten: tell what is known.
    return json_reply(status,
                      {{"schema", "deployment/1"}, {"number", a.number}, {"state", a.state}});
  }
  if (!a.code.empty()) {
    (*object)["answer"] = a.code;
    if (a.code == "already_running" || a.code == "already_deploying" || a.code == "joined")
      status = 200;
  }
  if (rollback && object->at("kind").as_string() != "rollback") status = 200;
  return json_reply(status, *object);
}

}  // namespace

std::optional<Reply> refuse_far_files(Scene& s, const std::optional<ConfigFiles>& files) {
  if (!files || s.ask.local) return std::nullopt;
  return problem(422, "not_over_url",
                 "`config_files` is taken over the unix socket only: push a configuration with PUT "
                 "/v1/config");
}

// Files of the command line come first, so that what follows is judged by them.
std::optional<Reply> hand_over(Scene& s, const std::optional<ConfigFiles>& files) {
  if (auto far = refuse_far_files(s, files)) return far;
  if (!files) return std::nullopt;
  auto put = s.backend.put_config(*files, false, [&] { s.begin(); });
  if (!put) return problem(put.error());
  return std::nullopt;
}

std::string strategy_name(const std::string& said) {
  std::string out;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const auto c = static_cast<unsigned char>(said[i]);
    if (c == '-' || c == ' ') {
      out += '_';
    } else if (std::isupper(c) != 0) {
      const bool hump = i > 0 && std::islower(static_cast<unsigned char>(said[i - 1])) != 0;
      if (hump) out += '_';
      out += static_cast<char>(std::tolower(c));
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

namespace {

void read_version(Body& body, Request& r) {
  const auto* version = body.any("version");
  if (version == nullptr) {
    // `from` stands for a version; what is wrong with it is told by itself.
    if (body.any("from") == nullptr) body.mistake("version", "required", "`version` is needed");
  } else if (version->is_string()) {
    r.version = body.text("version");
    if (r.version.empty()) body.mistake("version", "required", "`version` is empty");
  } else if (version->is_object() && version->get_object().size() == 1) {
    const auto& one = *version->get_object().begin();
    if (!one.value().is_string())
      return body.mistake("version", "wrong_type", "`version` maps a service to a text");
    if (!r.service.empty() && r.service != one.key())
      return body.mistake("version", "conflict", "`version` names another service than `service`");
    r.service = one.key();
    r.version = std::string(one.value().get_string());
  } else if (version->is_object()) {
    body.mistake("version", "not_supported", "several services at once are not supported yet");
  } else {
    body.mistake("version", "wrong_type", "`version` must be a text");
  }
}

void read_when_busy(Body& body, Request& r) {
  const std::string said = body.text("when_busy");
  if (said.empty()) return;
  for (const WhenBusy w : {WhenBusy::queue, WhenBusy::supersede, WhenBusy::refuse})
    if (said == word(w)) r.when_busy = w;
  if (!r.when_busy)
    body.mistake("when_busy", "out_of_range", "`when_busy` is queue, supersede or refuse");
}

void read_options(Body& body, Request& r) {
  auto options = body.part("options");
  if (!options) return;
  options->later("runMigrations");
  r.warmup = options->time("warmupTime");
  r.health_interval = options->time("healthCheckInterval");
  r.auto_rollback = options->flag("autoRollback");
  body.join(std::move(*options));
}

}  // namespace

Request read_release(Body& body) {
  Request r;
  r.act = Act::deploy;
  r.environment = body.text("environment");
  r.service = body.text("service");
  read_version(body, r);
  r.strategy = strategy_name(body.text("strategy"));
  r.because = body.text("because");
  body.later("from");
  body.later("config");
  read_when_busy(body, r);
  read_options(body, r);
  return r;
}

namespace {

std::optional<Act> act_of(const std::string& verb) {
  for (const Act act : {Act::promote, Act::approve, Act::reject, Act::pause, Act::resume, Act::skip,
                        Act::abort, Act::retry})
    if (verb == word(act)) return act;
  return std::nullopt;
}

Reply environment_verb(Scene& s, Act act) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  Request r;
  r.act = act;
  r.environment = s.names.at("env");
  r.service = body->text("service");
  r.because = body->text("because");
  if (act == Act::rollback) r.version = body->text("to");
  const auto files = body->files("config_files");
  if (auto trouble = body->trouble()) return *trouble;
  if (const auto it = s.ask.query.find("service"); it != s.ask.query.end()) r.service = it->second;
  if (auto trouble = hand_over(s, files)) return *trouble;
  return submit(s, std::move(r), 201);
}

Reply take_config(Scene& s, bool push) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  const auto files = body->files("config_files");
  if (!files) body->mistake("config_files", "required", "`config_files` is needed");
  if (auto trouble = body->trouble()) return *trouble;
  const bool secrets = !files->env_files.empty() || !files->caller.empty();
  if (!s.ask.local && (!push || secrets))
    return problem(422, "not_over_url",
                   "over a URL a configuration is pushed by PUT, without variables and secrets");
  ConfigFiles taken = *files;
  if (!s.ask.local) taken.folder.clear();  // a folder of another machine means nothing here
  auto put = s.backend.put_config(taken, push, [&] { s.begin(); });
  return put ? json_reply(200, *put) : problem(put.error());
}

}  // namespace

Reply post_deployment(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  Request r = read_release(*body);
  const auto files = body->files("config_files");
  if (auto trouble = body->trouble()) return *trouble;
  if (auto trouble = hand_over(s, files)) return *trouble;
  return submit(s, std::move(r), 201);
}

Reply post_verb(Scene& s) {
  const std::string& verb = s.ask.path.back();
  const auto act = act_of(verb);
  if (!act) {
    return problem(
        404, "unknown_verb",
        fmt::format("`{}` is none of promote, approve, reject, pause, resume, skip, abort, "
                    "retry",
                    verb));
  }
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  Request r;
  r.act = *act;
  r.because = body->text("because");
  r.plan = body->text("plan");
  r.full = body->flag("full").value_or(false);
  r.force = body->flag("force").value_or(false);
  r.pause_for = body->time("for");
  if (const auto step = body->number("step", 1, std::numeric_limits<int>::max()))
    r.step = static_cast<int>(*step);
  const auto files = body->files("config_files");
  if (auto trouble = body->trouble()) return *trouble;
  const auto number = s.board.find(s.names.at("id"));
  if (!number) return no_deployment(s.names.at("id"));
  r.number = *number;
  if (auto trouble = hand_over(s, files)) return *trouble;
  return submit(s, std::move(r), *act == Act::retry ? 201 : 200);
}

Reply post_rollback(Scene& s) { return environment_verb(s, Act::rollback); }
Reply post_restart(Scene& s) { return environment_verb(s, Act::restart); }

Reply post_plan(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  Request r = read_release(*body);
  const auto files = body->files("config_files");
  if (auto trouble = body->trouble()) return *trouble;
  if (auto trouble = refuse_far_files(s, files)) return *trouble;
  r.by = s.ask.who.name;
  r.trigger = s.ask.trigger;
  auto plan = s.backend.plan(r, files);
  return plan ? json_reply(200, *plan) : problem(in_words_of(s.ask, plan.error()));
}

Reply post_check(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  const std::string environment = body->text("environment");
  const auto files = body->files("config_files");
  if (auto trouble = body->trouble()) return *trouble;
  if (auto trouble = refuse_far_files(s, files)) return *trouble;
  auto check = s.backend.check(environment, files);
  return check ? json_reply(200, *check) : problem(check.error());
}

Reply put_config(Scene& s) { return take_config(s, true); }
Reply post_config(Scene& s) { return take_config(s, false); }

Reply post_replay(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  const auto files = body->files("config_files");
  if (!files) body->mistake("config_files", "missing", "a replay needs the other policy");
  if (auto trouble = body->trouble()) return *trouble;
  const auto number = s.board.find(s.names["id"]);
  if (!number) return no_deployment(s.names["id"]);
  auto replayed = s.backend.replay(*number, *files);
  return replayed ? json_reply(200, *replayed) : problem(replayed.error());
}

// Systems that cannot shape what they send say it in the address: their body is not read.
Reply post_hook(Scene& s) {
  HookSignal signal;
  if (const auto version = s.ask.query.find("version"); version != s.ask.query.end()) {
    const auto of = [&](const char* name) {
      const auto at = s.ask.query.find(name);
      return at == s.ask.query.end() ? std::string() : at->second;
    };
    signal = {of("service"), of("environment"), version->second, 1};
  } else {
    auto body = Body::of(s.ask);
    if (!body) return body.error();
    signal.version = body->text("version");
    signal.service = body->text("service");
    signal.environment = body->text("environment");
    signal.count = static_cast<std::uint64_t>(body->number("count", 1, 1'000'000).value_or(1));
    if (signal.version.empty())
      body->mistake("version", "missing", "a signal is about one version",
                    R"(such as {"version": "v2", "count": 1}, or ?version=v2)");
    if (auto trouble = body->trouble()) return *trouble;
  }
  auto counted = s.backend.hook(s.names["name"], signal);
  return counted ? json_reply(202, *counted) : problem(counted.error());
}

Reply post_stop(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  const bool all = body->flag("all").value_or(false);
  if (auto trouble = body->trouble()) return *trouble;
  s.backend.stop(all);
  return json_reply(202, {{"schema", "agent/1"}, {"stopping", true}, {"all", all}});
}

}  // namespace slipway::api

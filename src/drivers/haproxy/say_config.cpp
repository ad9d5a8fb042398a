#include <algorithm>
#include <bit>

#include "drivers/haproxy/say.h"

namespace slipway::haproxy {
namespace {

constexpr std::string_view kSlots = "abc";

// Sticky: the bucket is a hash of who asks; else a counter, whose step 3819 is coprime with 10000
// and near 1 − 1/φ, so that every window of requests is even.
std::string bucket_rules(std::string_view site, const Paths& paths, const std::string& sticky) {
  if (sticky.empty())
    return fmt::format(
        "    http-request track-sc0 str({0}) table slipway_counter\n"
        "    http-request set-var(txn.b) sc0_inc_gpc0(slipway_counter),mul(3819),mod(10000)\n",
        site);
  std::string out;
  if (sticky == "cookie") {
    out +=
        "    http-request set-var(txn.uid) req.cook(slipway_uid)\n"
        "    http-request set-var(txn.newuid) uuid if !{ var(txn.uid) -m found }\n"
        "    http-request set-var(txn.uid) var(txn.newuid) if { var(txn.newuid) -m found }\n";
  } else if (sticky == "header") {
    out += "    http-request set-var(txn.uid) req.hdr(x-user-id)\n";
  } else {
    out += "    http-request set-var(txn.uid) src\n";
  }
  out += fmt::format(
      "    http-request set-var(txn.salt) str(salt),map_str({0},0)\n"
      "    http-request set-var(txn.b) var(txn.uid),concat(:,txn.salt,),xxh32(0),mod(10000) "
      "if {{ var(txn.uid) -m found }}\n",
      paths.map(site, "ctl"));
  if (sticky == "header")
    out += "    http-request set-var(txn.b) rand(10000) if !{ var(txn.b) -m found }\n";
  return out;
}

std::string host_rule(const std::vector<std::string>& hosts) {
  if (hosts.empty()) return {};
  std::string names;
  for (const auto& host : hosts) names += " " + host;
  return fmt::format(
      "    http-request return status 404 content-type text/plain string "
      "\"no service for this host\\n\" unless {{ req.hdr(host),host_only,lower -m str{0} }}\n",
      names);
}

std::string frontend(const Paths& paths, std::string_view site, const RouteSpec& spec,
                     const std::vector<int>& descriptors) {
  const std::string split = paths.map(site, "split"), ver = paths.map(site, "ver"),
                    ctl = paths.map(site, "ctl");
  std::string out = fmt::format("frontend {}\n", site);
  for (int fd : descriptors) out += fmt::format("    bind fd@{}\n", fd);
  out += "    http-request set-var(txn.t0) date(0,us)\n";
  out += host_rule(spec.hosts);
  out += bucket_rules(site, paths, spec.sticky);
  out += fmt::format(
      "    http-request set-var(txn.be) var(txn.b),map_int({split},{s}_none)\n"
      "    http-request set-var(txn.why) str(S)\n"
      "    http-request set-var(txn.ver) var(txn.be),map_str({ver},-)\n"
      "    # a slot without a usable server: the slot named by `fallback` answers (stable's)\n"
      "    http-request set-var(txn.fo) str(fallback),map_str({ctl}) if {{ var(txn.be),nbsrv eq 0 "
      "}}\n"
      "    http-request set-var(txn.fv) var(txn.fo),map_str({ver},-) "
      "if {{ var(txn.fo),nbsrv gt 0 }}\n"
      "    http-request set-var(txn.why) str(F) if {{ var(txn.fv) -m found }}\n"
      "    http-request set-var(txn.be) var(txn.fo) if {{ var(txn.fv) -m found }}\n"
      "    http-request disable-l7-retry unless {{ method GET HEAD OPTIONS }}\n"
      "    http-after-response set-var(txn.ttfb) date(0,us),sub(txn.t0)\n",
      fmt::arg("s", site), fmt::arg("split", split), fmt::arg("ver", ver), fmt::arg("ctl", ctl));
  if (spec.sticky == "cookie")
    out +=
        "    http-after-response add-header set-cookie \"slipway_uid=%[var(txn.newuid)]; Path=/; "
        "Max-Age=2592000; HttpOnly; SameSite=Lax\" if { var(txn.newuid) -m found }\n";
  out += fmt::format(
      "    # the version whose instance answered: stable's for fail-over and fb servers\n"
      "    http-after-response set-var(txn.sv) var(txn.ver)\n"
      "    http-after-response set-var(txn.nv) str(fallback),map_str({ctl}),map_str({ver}) "
      "if {{ srv_name -m beg fb }}\n"
      "    http-after-response set-var(txn.sv) var(txn.nv) if {{ var(txn.nv) -m found }}\n"
      "    http-after-response set-var(txn.sv) var(txn.fv) if {{ var(txn.fv) -m found }}\n"
      "    http-after-response set-header x-slipway-version %[var(txn.sv)]\n"
      "    log-format "
      "\"R\\t%f\\t%[var(txn.ver)]\\t%b\\t%s\\t%[var(txn.why)]\\t%[var(txn.b)]\\t%HM\\t"
      "%ST\\t%[date(0,us),sub(txn.t0)]\\t%[var(txn.ttfb)]\\t%Tw\\t%Tc\\t%B\\t%U\\t%tsc\\t%rc\\t"
      "%[date(0,us)]\\t%pid.%rt\\t%[var(txn.sv)]\\t-\\t-\\t-\\t-\"\n"
      "    use_backend %[var(txn.be)]\n"
      "    default_backend {s}_none\n\n",
      fmt::arg("s", site), fmt::arg("ver", ver), fmt::arg("ctl", ctl));
  return out;
}

}  // namespace

std::string Paths::block(std::string_view site) const {
  return fmt::format("{}/sites/{}.cfg", run, site);
}
std::string Paths::map(std::string_view site, std::string_view kind) const {
  return fmt::format("{}/maps/{}.{}", run, site, kind);
}

std::string backend(std::string_view site, int slot) {
  return fmt::format("{}_{}", site, kSlots[static_cast<std::size_t>(slot)]);
}

int maxconn_for(std::uint64_t descriptors, int servers, int listeners) {
  const std::uint64_t fixed = static_cast<std::uint64_t>(servers + listeners) + 64;
  if (descriptors < fixed + 32) return 0;
  return static_cast<int>(std::min<std::uint64_t>((descriptors - fixed) / 2, 32'000));
}

int server_slots(const Route& route, int rendered) {
  int most = std::max({route.spec.servers, rendered, 1});
  for (const auto& slot : route.slots)
    for (const auto& server : slot.servers) most = std::max(most, server.index);
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(most)));
}

std::string global_section(const Globals& g) {
  return fmt::format(
      "# written by slipway, never edited by hand\n"
      "global\n"
      "    description \"slipway gen={generation}\"\n"
      "    node slipway\n"
      "    stats socket {socket} mode 600 level admin expose-fd listeners\n"
      "    stats timeout 2m\n"
      "    server-state-file {state}\n"
      "    maxconn {maxconn}\n"
      "    nbthread 1\n"
      "    hard-stop-after 60s\n"
      "{rights}"
      "    # descriptor 9: the row file, opened to append and held by the shim\n"
      "    log fd@9 len 4096 format raw local0 info\n\n"
      "defaults\n"
      "    mode http\n"
      "    load-server-state-from-file global\n"
      "    log global\n"
      "    option dontlognull\n"
      "    option http-ignore-probes\n"
      "    option idle-close-on-response\n"
      "    option redispatch 1\n"
      "    retries 3\n"
      "    retry-on conn-failure empty-response\n"
      "    timeout connect 500ms\n"
      "    timeout check 1s\n"
      "    timeout queue 5s\n"
      "    timeout client 60s\n"
      "    timeout server 60s\n"
      "    timeout http-request 10s\n"
      "    timeout http-keep-alive 60s\n"
      "    timeout tunnel 1h\n"
      "    timeout client-fin 5s\n"
      "    timeout server-fin 5s\n"
      "    default-server check inter 500ms fastinter 200ms downinter 200ms fall 3 rise 1 "
      "observe layer4 error-limit 1 on-error mark-down init-addr none pool-purge-delay 5s\n\n",
      fmt::arg("generation", g.generation), fmt::arg("socket", g.paths.socket()),
      fmt::arg("state", g.paths.servers_state()), fmt::arg("maxconn", g.maxconn),
      fmt::arg("rights", g.drop_rights ? "    user haproxy\n    group haproxy\n" : ""));
}

std::string site_section(const Paths& paths, std::string_view site, const RouteSpec& spec,
                         int servers, const std::vector<int>& descriptors) {
  std::string out = frontend(paths, site, spec, descriptors);
  std::string check;
  if (!spec.health_path.empty())
    check = fmt::format(
        "    option httpchk\n"
        "    http-check send meth GET uri {} ver HTTP/1.1 hdr Host localhost\n"
        "    http-check expect status 200-399\n",
        spec.health_path);
  for (int slot = 0; slot < static_cast<int>(kSlots.size()); ++slot)
    out += fmt::format(
        "backend {}\n"
        "    balance leastconn\n"
        "{}"
        "    server-template s {} 127.0.0.1:1 disabled\n"
        "    server-template fb {} 127.0.0.1:1 disabled backup\n"
        "    # when no check passes: tried for as long as `retries` times `timeout connect`\n"
        "    server {} 127.0.0.1:1 disabled backup no-check\n\n",
        backend(site, slot), check, servers, fallback_servers(servers), kLastNet);
  out += fmt::format(
      "backend {}_none\n"
      "    http-request return status 503 content-type text/plain string "
      "\"no version deployed\\n\"\n\n",
      site);
  return out;
}

std::string closing_section() {
  return "backend slipway_counter\n"
         "    stick-table type string len 128 size 1k store gpc0\n";
}

std::string for_check(std::string config, const std::vector<Listener>& listeners) {
  const auto replace = [&config](const std::string& from, const std::string& to) {
    for (auto at = config.find(from); at != std::string::npos;
         at = config.find(from, at + to.size()))
      config.replace(at, from.size(), to);
  };
  replace("log fd@9 ", "log stdout ");
  for (std::size_t i = 0; i < listeners.size(); ++i)
    replace(fmt::format("bind fd@{}\n", kFirstListener + static_cast<int>(i)),
            fmt::format("bind {}\n", listeners[i].address));
  return config;
}

}  // namespace slipway::haproxy

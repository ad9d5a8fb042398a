// slipway dashboard: a way into the agent's dashboard for who may talk to the agent already.
#include <fmt/format.h>
#include <qrencode.h>

#include "cli/render.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

constexpr int kQuietZone = 2;  // modules around the code, for the camera

// Two rows of modules a line; dark on light whatever the terminal's colours are.
std::string qr_code(const std::string& text, bool colour) {
  QRcode* code = ::QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L);
  if (code == nullptr) return "";
  const auto dark = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= code->width || y >= code->width) return false;
    return (code->data[y * code->width + x] & 1) != 0;
  };
  std::string out;
  for (int y = -kQuietZone; y < code->width + kQuietZone; y += 2) {
    if (colour) out += "\x1b[30;107m";
    for (int x = -kQuietZone; x < code->width + kQuietZone; ++x) {
      // Without colours most terminals write light on dark.
      const bool above = dark(x, y) == colour, below = dark(x, y + 1) == colour;
      out += above && below ? "█" : above ? "▀" : below ? "▄" : " ";
    }
    out += colour ? "\x1b[0m\n" : "\n";
  }
  ::QRcode_free(code);
  return out;
}

bool on_this_machine(std::string_view url) {
  for (const char* name : {"http://127.", "http://localhost", "https://127.", "https://localhost"})
    if (url.starts_with(name)) return true;
  return false;
}

// A browser is opened where somebody sits before a screen of this machine.
bool has_screen(const Session& s) {
  return s.console.out_is_terminal() &&
         (!s.console.variable("DISPLAY").empty() || !s.console.variable("WAYLAND_DISPLAY").empty());
}

}  // namespace

Ended run_dashboard(Call& call) {
  bool qr = false, print = false;
  call.options.flag("--qr", qr, "also as a code for a phone's camera");
  call.options.flag("--print", print, "only print the link, open no browser");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  auto agent = TRY(reach(s, Need::change));
  const object link = TRY(send(s, *agent, "/v1/session/link", object{}));
  const std::string url = text_of(link, "url");
  if (s.machine()) {
    s.print_json(link);
    return kExitGood;
  }
  s.line(harmless(url));
  if (qr) {
    s.console.out(qr_code(url, s.colour()));
    if (on_this_machine(url))
      s.say(
          "no phone can call this address: it takes `agent: { listen, url, tls }`, and a "
          "certificate the phone trusts");
  }
  s.say(fmt::format("signs a browser in as {}, once, until {}", harmless(text_of(link, "name")),
                    text_of(link, "expires_at")));
  if (!print && !qr && has_screen(s) && s.hooks.browse) {
    if (auto opened = s.hooks.browse(url); !opened)
      s.say("no browser was opened: " + harmless(opened.error().text));
  }
  return kExitGood;
}

}  // namespace slipway::cli

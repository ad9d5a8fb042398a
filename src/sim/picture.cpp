// One run as an SVG: the candidate's weight as an area, requests a second as a line, errors as
// bars.
#include <fmt/format.h>

#include <algorithm>

#include "sim/forecast.h"

namespace slipway::sim {
namespace {

constexpr double kWidth = 880, kHeight = 240, kLeft = 60, kTop = 36, kBottom = 30;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

class Canvas {
 public:
  explicit Canvas(const Forecast& f) : f_(f) {
    for (const Glimpse& g : f.glimpses) {
      end_ = std::max(end_, g.at_s);
      most_ = std::max(most_, static_cast<double>(g.stable_errors + g.candidate_errors));
    }
  }

  std::string weights() const {
    std::string path = fmt::format("M{:.1f},{:.1f}", x(0), y(0));
    double before = 0;
    for (const Glimpse& g : f_.glimpses) {
      const double share = g.weight / 10'000.0;
      path +=
          fmt::format(" L{:.1f},{:.1f} L{:.1f},{:.1f}", x(g.at_s), y(before), x(g.at_s), y(share));
      before = share;
    }
    return path + fmt::format(" L{:.1f},{:.1f} Z", x(end_), y(0));
  }

  std::string errors() const {
    std::string out;
    for (const Glimpse& g : f_.glimpses) {
      const auto errors = static_cast<double>(g.stable_errors + g.candidate_errors);
      if (errors == 0) continue;
      out += fmt::format(
          "<line x1='{0:.1f}' x2='{0:.1f}' y1='{1:.1f}' y2='{2:.1f}' stroke='#c0392b' "
          "stroke-width='2'/>",
          x(g.at_s), y(0), y(errors / most_));
    }
    return out;
  }

  std::string axes() const {
    std::string out;
    for (int n = 0; n <= 4; ++n) {
      const double share = n / 4.0;
      out += fmt::format(
          "<text x='{:.0f}' y='{:.1f}' text-anchor='end'>{} %</text><line x1='{:.0f}' x2='{:.0f}' "
          "y1='{:.1f}' y2='{:.1f}' stroke='#ddd'/>",
          kLeft - 6, y(share) + 4, n * 25, kLeft, kWidth - 10, y(share), y(share));
      out += fmt::format("<text x='{:.1f}' y='{:.0f}' text-anchor='middle'>{:.0f} s</text>",
                         x(end_ * share), kHeight - 8, end_ * share);
    }
    return out + fmt::format(
                     "<text x='{:.0f}' y='{:.0f}' text-anchor='end' fill='#c0392b'>bars: "
                     "errors, at most {:.0f} in a block</text>",
                     kWidth - 10, kTop - 8, most_ == 1 ? 0 : most_);
  }

 private:
  double x(double seconds) const { return kLeft + seconds / end_ * (kWidth - kLeft - 10); }
  static double y(double share) { return kHeight - kBottom - share * (kHeight - kTop - kBottom); }

  const Forecast& f_;
  double end_ = 1, most_ = 1;
};

}  // namespace

std::string picture(const Forecast& f, const std::string& title) {
  const Canvas canvas(f);
  return fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0:.0f} {1:.0f}' width='{0:.0f}' "
      "height='{1:.0f}' font-family='sans-serif' font-size='12'>"
      "<rect width='100%' height='100%' fill='white'/><text x='{2:.0f}' y='20' font-size='14'>{3}"
      "</text>{4}<path d='{5}' fill='#2e86c1' fill-opacity='0.35' stroke='#2e86c1'/>{6}</svg>\n",
      kWidth, kHeight, kLeft, escaped(title), canvas.axes(), canvas.weights(), canvas.errors());
}

}  // namespace slipway::sim

// Text to numbers: what a scalar of the configuration can mean. parse_duration is in config.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::config {

std::optional<double> parse_number(std::string_view);  // the whole text, finite
std::optional<long long> parse_integer(std::string_view);
std::optional<bool> parse_flag(std::string_view);       // true/false, yes/no, on/off
std::optional<double> parse_percent(std::string_view);  // "5%" is 5; without the sign nothing
// Kubernetes quantities: "500m" and "2" of processors in thousandths; "512Mi", "1G" in bytes.
std::optional<long long> parse_cpus(std::string_view);
std::optional<long long> parse_bytes(std::string_view);
std::optional<int> parse_signal(std::string_view);  // "TERM", "SIGTERM", "15"
std::string_view trim(std::string_view);
std::string lower(std::string_view);
// camelCase, kebab-case and snake_case are one name: snake_case.
std::string canonical(std::string_view);

}  // namespace slipway::config

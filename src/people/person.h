// Who asks, and what that lets them do: roles, each for one environment or for all. Decides nothing
// about a deployment; four eyes are the engine's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::people {

enum class Role : std::uint8_t { viewer, deployer, approver, admin };
inline constexpr Role kRoles[] = {Role::viewer, Role::deployer, Role::approver, Role::admin};

const char* word(Role);
std::optional<Role> role_of(std::string_view word);

// What an act needs. `hold` is what leads back to a good release: it is open to both who release
// and who approve.
enum class Right : std::uint8_t { open, see, release, approve, hold, administer };
const char* word(Right);
bool gives(Role, Right);

struct Grant {
  Role role = Role::viewer;
  std::string environment;  // empty: every one
  bool operator==(const Grant&) const = default;
};

struct Person {
  std::string name;           // what records say as `by`
  std::string token;          // its id; empty: the kernel said who it is
  std::vector<Grant> grants;  // none: nobody
  // In one environment.
  bool may(Right, std::string_view environment) const;
  // In all of them, also those to come.
  bool may_everywhere(Right) const;
  // In at least one.
  bool may_somewhere(Right) const;
  bool operator==(const Person&) const = default;
};

// The user at the other end of the agent's own socket.
Person owner(std::string name);

}  // namespace slipway::people

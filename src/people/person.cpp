#include "people/person.h"

#include <algorithm>
#include <utility>

namespace slipway::people {

const char* word(Role role) {
  switch (role) {
    case Role::viewer:
      return "viewer";
    case Role::deployer:
      return "deployer";
    case Role::approver:
      return "approver";
    case Role::admin:
      return "admin";
  }
  return "";
}

std::optional<Role> role_of(std::string_view said) {
  for (const Role role : kRoles)
    if (said == word(role)) return role;
  return std::nullopt;
}

const char* word(Right right) {
  switch (right) {
    case Right::open:
      return "ask";
    case Right::see:
      return "read";
    case Right::release:
      return "release";
    case Right::approve:
      return "approve";
    case Right::hold:
      return "hold or take back";
    case Right::administer:
      return "administer";
  }
  return "";
}

bool gives(Role role, Right right) {
  switch (right) {
    case Right::open:
    case Right::see:
      return true;
    case Right::release:
      return role == Role::deployer || role == Role::admin;
    case Right::approve:
      return role == Role::approver || role == Role::admin;
    case Right::hold:
      return role != Role::viewer;
    case Right::administer:
      return role == Role::admin;
  }
  return false;
}

bool Person::may(Right right, std::string_view environment) const {
  return std::ranges::any_of(grants, [&](const Grant& g) {
    return gives(g.role, right) && (g.environment.empty() || g.environment == environment);
  });
}

bool Person::may_everywhere(Right right) const {
  return std::ranges::any_of(
      grants, [&](const Grant& g) { return g.environment.empty() && gives(g.role, right); });
}

bool Person::may_somewhere(Right right) const {
  return std::ranges::any_of(grants, [&](const Grant& g) { return gives(g.role, right); });
}

Person owner(std::string name) { return {std::move(name), "", {{Role::admin, ""}}}; }

}  // namespace slipway::people

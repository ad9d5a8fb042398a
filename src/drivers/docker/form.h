// What an instance is on an engine: a container by itself, or something that keeps one running, as
// a Swarm's service does. What runs is a container in any case; all else the driver does alike.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/docker/engine.h"
#include "drivers/docker/hear.h"
#include "drivers/docker/say.h"

namespace slipway::docker {

class Form {
 public:
  virtual ~Form() = default;
  virtual std::string_view platform() const = 0;  // the word of Where::platform
  virtual std::string name_of(const std::string& agent, const SiteId&,
                              std::uint32_t instance) const = 0;
  // What is said of a thing of somebody else that has the name.
  virtual std::string stranger(const std::string& name) const = 0;
  // Whether the engine can have instances of this form at all (Fault::unsupported), and has what
  // they are attached to (Fault::missing, with the remedy).
  virtual Result<> usable(Engine&, const Container&) = 0;
  // What has this name, with its labels; nothing when nothing has.
  virtual Result<std::optional<Seen>> find(Engine&, const std::string& name) = 0;
  // All that is of this agent: labels alone count.
  virtual Result<std::vector<Seen>> list(Engine&, const std::string& agent) = 0;
  // What it hears of its own number; alike for those that the engine makes alike.
  virtual std::uint32_t number_of(const StartInstance& start) const { return start.instance; }
  // Whether ports are given by the engine; else a birth has one of ours.
  virtual bool gives_ports(const Container&) const { return false; }
  // Whether make() goes on from one that is there; else that is removed before.
  virtual bool goes_on_from(const Container&) const { return false; }
  // Makes and starts it. Nothing of it is left when it fails.
  virtual Result<> make(Engine&, const Birth&) = 0;
  // Whether it may be ended now; not yet is Fault::unavailable.
  virtual Result<> may_end(Engine&, const std::string& name) {
    (void)name;
    return {};
  }
  // Whether it lets go of instances by itself, telling their containers first.
  virtual bool lets_go() const { return false; }
  // All of it is gone afterwards; one that is not there is gone.
  virtual Result<> remove(Engine&, const std::string& name, const Seen&) = 0;
  // What else the engine knows of its end; lines for people.
  virtual std::vector<std::string> last_words(Engine&, const std::string& name) {
    (void)name;
    return {};
  }
};

// "local" or "swarm"; nothing: there is no such network.
Result<std::optional<std::string>> network_scope(Engine&, const std::string& name);

// A container by itself. Secrets are files below `runtime`, which is on memory.
std::unique_ptr<Form> containers(std::filesystem::path runtime);

}  // namespace slipway::docker

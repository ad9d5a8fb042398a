// A real registry on loopback: with or without names and passwords, with or without TLS by an
// authority of the test's own. And the agent's side: its login file and whom it trusts.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../programs.h"
#include "base/digest.h"
#include "drivers/registry/registry.h"
#include "os/files.h"

namespace slipway::registry {

inline std::string digest_of(const std::string& bytes) { return "sha256:" + sha256_hex(bytes); }

inline void put(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline constexpr const char* kUser = "ana";
inline constexpr const char* kPassword = "correct horse: battery";
// bcrypt of it, with the least cost.
inline constexpr const char* kHash = "$2b$04$abcdefghijklmnopqrstuOhdtL.4sFWNLFkAjLbi5xyobXvWaA0m2";

class World {
 public:
  enum class Names : bool { open, asked };
  enum class Wire : bool { clear, tls };

  explicit World(Names names = Names::open, Wire wire = Wire::clear) {
    host = "127.0.0.1:" + std::to_string(port_);
    std::string config =
        "version: 0.1\nlog: { level: error }\nstorage:\n  filesystem: { rootdirectory: " +
        path("data") + " }\n  delete: { enabled: true }\nhttp:\n  addr: " + host +
        "\n  secret: of-the-test\n";
    if (wire == Wire::tls) {
      make_certificates();
      config +=
          "  tls: { certificate: " + path("server.pem") + ", key: " + path("server.key") + " }\n";
    }
    if (names == Names::asked) {
      put(path("names"), std::string(kUser) + ":" + kHash + "\n");
      config += "auth:\n  htpasswd: { realm: here, path: " + path("names") + " }\n";
    }
    put(path("registry.yml"), config);
    start();
  }

  void start() {
    program_.start({"docker-registry", "serve", path("registry.yml")}, path("log"));
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!listens(port_)) {
      if (!program_.runs() || std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error(os::read_file(path("log")).value_or("no registry"));
      ::poll(nullptr, 0, 5);
    }
  }
  void end() { program_.stop(SIGKILL); }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Settings settings() const {
    Settings s;
    s.environment = {{"DOCKER_CONFIG", path("docker")}, {"PATH", path("bin") + ":/usr/bin:/bin"}};
    s.certificates = {path("certs.d")};
    s.timeout = 10s;
    s.chunk = 64 * 1024;
    return s;
  }
  void log_in(const std::string& password = kPassword) const {
    put(path("docker/config.json"), R"({"auths":{")" + host + R"(":{"auth":")" +
                                        base64(std::string(kUser) + ":" + password) + R"("}}})");
  }
  // As docker-credential-NAME, a script.
  void keep_login(const std::string& script) const {
    put(path("docker/config.json"),
        R"({"auths":{")" + host + R"(":{}},"credHelpers":{")" + host + R"(":"test"}})");
    put(path("bin/docker-credential-test"), "#!/bin/sh\n" + script);
    std::filesystem::permissions(path("bin/docker-credential-test"),
                                 std::filesystem::perms::owner_all);
  }
  Reference name(const std::string& rest) const { return *parse_reference(host + "/" + rest); }
  std::string file(const std::string& bytes) const {
    const std::string at = path("blob-" + sha256_hex(bytes).substr(0, 8));
    put(at, bytes);
    return at;
  }

  std::string host;

 private:
  void make_certificates() const {
    put(path("san"), "subjectAltName=IP:127.0.0.1\n");
    const std::string quiet = " 2>>" + path("log");
    const std::string key = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";
    for (const std::string& line :
         {key + "-x509 -days 2 -subj /CN=authority -keyout " + path("ca.key") + " -out " +
              path("ca.pem"),
          key + "-subj /CN=registry -keyout " + path("server.key") + " -out " + path("server.csr"),
          "openssl x509 -req -days 2 -in " + path("server.csr") + " -CA " + path("ca.pem") +
              " -CAkey " + path("ca.key") + " -CAcreateserial -extfile " + path("san") + " -out " +
              path("server.pem")})
      if (::system((line + quiet).c_str()) != 0) throw std::runtime_error(line);
    std::filesystem::create_directories(path("certs.d/" + host));
    std::filesystem::copy_file(path("ca.pem"), path("certs.d/" + host + "/ca.crt"));
  }

  os::TempDir folder_;
  std::uint16_t port_ = free_port();
  Program program_;
};

// An image of two blobs, as bytes.
struct Picture {
  std::string config = R"({"architecture":"amd64","os":"linux"})";
  std::string layer;
  std::string manifest() const {
    return R"({"schemaVersion":2,"mediaType":")" + std::string(kOciManifest) +
           R"(","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
           digest_of(config) + R"(","size":)" + std::to_string(config.size()) +
           R"(},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
           digest_of(layer) + R"(","size":)" + std::to_string(layer.size()) + "}]}";
  }
};

}  // namespace slipway::registry
